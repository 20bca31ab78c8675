"""One message to an agent of either kind, and what it answers."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import dspy
from dspy.streaming import StreamListener, StreamResponse

from .._calls.signatures import program_fields
from .._calls.walk import predictors
from .._session import Session
from ..errors import ConfigError, SessionConflictError

T = TypeVar("T")

_USUAL = ("answer", "reply", "response", "output")
_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered."""

    answer: str
    session_id: str | None
    """Pass it with the next message of the conversation; None: the agent remembers nothing."""
    outputs: Mapping[str, Any]
    """Everything it returned; an agent of the Agents SDK returns ``answer`` alone."""


async def asked(agent: Any, session: Any, message: str) -> Reply:
    """Ask a program; ask again when another process answered in the same conversation meanwhile.

    Raises:
        ConfigError: The agent does not take one text.
        SessionConflictError: Others were first every time; nothing of this message was kept.
    """
    if not isinstance(agent, dspy.Module):
        from ..integrations.openai_agents._asking import final_text

        return _sdk_reply(await final_text(agent, session, message), session)
    program = agent if session is None else session
    field = _question_field(agent)
    result = await again_after_conflicts(session, lambda: program.acall(**{field: message}))
    return _reply(result, session)


async def streamed(agent: Any, session: Any, message: str) -> AsyncIterator[str | Reply]:
    """Yield the answer in pieces as it is written, then the whole reply.

    Pieces come where a predictor writes the answer's field itself; a program that computes its
    answer yields the reply alone. Nothing is asked again once a piece was yielded.

    Raises:
        ConfigError: The agent does not take one text.
        SessionConflictError: Another process answered in the same conversation meanwhile.
    """
    if not isinstance(agent, dspy.Module):
        from ..integrations.openai_agents._asking import text_pieces

        said: list[str] = []
        async for piece in text_pieces(agent, session, message, said):
            yield piece
        yield _sdk_reply(said[0], session)
        return
    program = agent if session is None else session
    listeners = _listeners(agent)
    if not listeners:
        yield await asked(agent, session, message)
        return
    stream: Any = dspy.streamify(program, stream_listeners=listeners)
    async for item in stream(**{_question_field(agent): message}):
        if isinstance(item, StreamResponse):
            yield item.chunk
        elif isinstance(item, dspy.Prediction):
            yield _reply(item, session)


async def again_after_conflicts(session: Any, call: Callable[[], Awaitable[T]]) -> T:
    """Return what ``call`` returns, called again on the present state after a conflict."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return await call()
        except SessionConflictError:  # noqa: PERF203  # a model was asked: a try is nothing
            if not isinstance(session, Session):
                raise
            # The answer has not seen what the other process wrote: it goes, and is asked for again.
            await session.arefresh(keep_unsaved=False)
            await asyncio.sleep(random.random() * _FIRST_PAUSE_S * 2**attempt)  # noqa: S311
    return await call()


def text_of(result: Any) -> str:
    """Return the text that a program answered.

    It is the field :func:`answer_field` of its texts; a program without fields says it itself.
    """
    fields = dict(result.items()) if isinstance(result, (dspy.Prediction, Mapping)) else {}
    name = answer_field([name for name, value in fields.items() if isinstance(value, str)])
    return str(result) if name is None else fields[name]


def answer_field(texts: Sequence[str]) -> str | None:
    """Return which of a program's text outputs is its answer.

    It is ``answer``, ``reply``, ``response`` or ``output``, or else the first besides
    ``reasoning``; None when there is none.
    """
    usual = next((name for name in _USUAL if name in texts), None)
    return usual or next((name for name in texts if name != "reasoning"), None)


def _reply(result: Any, session: Any) -> Reply:
    outputs = dict(result.items()) if isinstance(result, (dspy.Prediction, Mapping)) else {}
    return Reply(
        text_of(result),
        None if session is None else session.session_id,
        {str(name): value for name, value in outputs.items()},
    )


def _sdk_reply(answer: str, session: Any) -> Reply:
    return Reply(answer, None if session is None else session.session_id, {"answer": answer})


def _question_field(agent: dspy.Module) -> str:
    inputs, _, _ = program_fields(agent, "history")
    if len(inputs) != 1:
        msg = (
            f"{type(agent).__name__} takes {', '.join(inputs) or 'no input'}; an agent that is "
            f"asked by message takes one text. Call its session with all of them instead"
        )
        raise ConfigError(msg)
    return next(iter(inputs))


def _listeners(agent: dspy.Module) -> list[StreamListener]:
    """Listen to each predictor that writes the program's answer."""
    _, outputs, _ = program_fields(agent, "history")
    wanted = answer_field([name for name, kind in outputs.items() if kind is str])
    if wanted is None:  # the program's own code makes its answer of what the last predictor says
        last = [one.signature.output_fields for _, one in predictors(agent)][-1:]
        wanted = answer_field([name for fields in last for name in fields])
    if wanted is None:
        return []
    return [
        StreamListener(
            signature_field_name=wanted, predict=predictor, predict_name=path, allow_reuse=True
        )
        for path, predictor in predictors(agent)
        if wanted in predictor.signature.output_fields
    ]
