"""A ``dspy.LM`` whose answers are written down beforehand and whose prompts are kept.

    lm = scripted_lm({"answer": "4"}, {"answer": "5"})
    with dspy.context(lm=lm):
        dspy.Predict("question -> answer")(question="2+2?").answer    # "4"
    lm.prompts[0][-1]["content"]                                      # what was sent

An answer is a mapping of output fields, written in the form of whichever adapter asks; a string,
sent as it is; an exception, raised; or a callable that gets the call and returns one of these. A
:class:`Held` answer waits for the test to release it, so that no test sleeps.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import dspy

from .scripted_legacy import LegacyScriptedLM, legacy_messages, legacy_request

try:
    from dspy.lm15 import (
        Message,
        Request,
        Response,
        TextDelta,
        TextPart,
        Usage,
        response_to_events,
    )
except ImportError:  # dspy < 3.4
    ENGINES = False
else:
    ENGINES = True

WAIT_S = 30.0


@dataclass(frozen=True)
class Call:
    """One request as the model got it."""

    messages: list[dict[str, str]]
    request: Request

    @property
    def system(self) -> str:
        return self.messages[0]["content"] if self.messages[0]["role"] == "system" else ""

    @property
    def last(self) -> str:
        """The text of the last message: the turn to answer."""
        return self.messages[-1]["content"]

    @property
    def turns(self) -> list[dict[str, str]]:
        """The messages between the system text and the last one: demos and history."""
        return [m for m in self.messages[:-1] if m["role"] != "system"]


@dataclass
class Held:
    """An answer that is given only once :meth:`release` was called.

    ``reached`` is set when the model has got the request and waits.
    """

    answer: Answer
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        self.released.set()

    def wait(self) -> None:
        self.reached.set()
        if not self.released.wait(WAIT_S):
            raise TimeoutError("a held answer was never released")

    async def wait_async(self) -> None:
        try:
            await asyncio.to_thread(self.wait)
        except asyncio.CancelledError:
            self.release()  # or the waiting thread would hold up the end of the loop
            raise


Answer = Mapping[str, Any] | str | BaseException | Held | Callable[[Call], Any]


class ScriptedEngine:
    """Gives the scripted answers in order; the last one is not repeated."""

    def __init__(self, answers: tuple[Answer, ...], usage: tuple[int, int]) -> None:
        self.answers, self.usage = answers, usage
        self.calls: list[Call] = []
        self._failed: BaseException | None = None
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptedEngine:
        return self  # a copied program talks to the same model

    def complete(self, request: Request) -> Response:
        call, answer = self._take(Call(_messages(request), request))
        if isinstance(answer, Held):
            answer.wait()
            answer = answer.answer
        return self._respond(call, answer)

    def stream(self, request: Request) -> Iterator[Any]:
        return _piecemeal(response_to_events(self.complete(request)))

    def close(self) -> None: ...

    def text(self, prompt: Any, messages: Any, settings: Any) -> str:
        """The answer as DSPy before 3.4 asks for it."""
        call, answer = self._take_legacy(prompt, messages, settings)
        if isinstance(answer, Held):
            answer.wait()
            answer = answer.answer
        return self._text(call, answer)

    async def atext(self, prompt: Any, messages: Any, settings: Any) -> str:
        """The same, awaited."""
        call, answer = self._take_legacy(prompt, messages, settings)
        if isinstance(answer, Held):
            await answer.wait_async()
            answer = answer.answer
        return self._text(call, answer)

    def _take_legacy(self, prompt: Any, messages: Any, settings: Any) -> tuple[Call, Answer]:
        call = Call(legacy_messages(prompt, messages), legacy_request(settings, messages))
        second_try = "JSON object" in call.last
        if second_try and self._failed is not None:  # asked again, whatever went wrong
            failed, self._failed = self._failed, None
            return call, failed
        call, answer = self._take(call)
        self._failed = answer if isinstance(answer, BaseException) and not second_try else None
        return call, answer

    def _take(self, call: Call) -> tuple[Call, Answer]:
        with self._lock:
            self.calls.append(call)
            position = len(self.calls) - 1
        if len(self.answers) == 1 and callable(self.answers[0]):
            return call, self.answers[0](call)
        if position >= len(self.answers):
            raise AssertionError(f"call {position} has no scripted answer; it asked: {call.last}")
        answer = self.answers[position]
        return call, answer(call) if callable(answer) else answer

    def _respond(self, call: Call, answer: Answer) -> Response:
        text = self._text(call, answer)
        sent, received = self.usage
        return Response(
            id=None,
            model="scripted",
            message=Message.assistant([TextPart(text)]),
            finish_reason="stop",
            usage=Usage(input_tokens=sent, output_tokens=received),
        )

    @staticmethod
    def _text(call: Call, answer: Answer) -> str:
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, str) else in_form(call.last, dict(answer))


class AsyncScriptedEngine:
    """The same script, awaited."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.engine = engine

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncScriptedEngine:
        return self

    async def complete(self, request: Request) -> Response:
        call, answer = self.engine._take(Call(_messages(request), request))
        if isinstance(answer, Held):
            await answer.wait_async()
            answer = answer.answer
        return self.engine._respond(call, answer)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        for event in _piecemeal(response_to_events(await self.complete(request))):
            yield event

    async def aclose(self) -> None: ...


class ScriptedLM(dspy.LM if ENGINES else LegacyScriptedLM):
    """A ``dspy.LM`` over a :class:`ScriptedEngine`."""

    @property
    def calls(self) -> list[Call]:
        """Every request, oldest first."""
        return (self.engine if ENGINES else self.script).calls

    @property
    def prompts(self) -> list[list[dict[str, str]]]:
        """The messages of every request, oldest first."""
        return [call.messages for call in self.calls]


def scripted_lm(*answers: Answer, usage: tuple[int, int] = (10, 5), **kwargs: Any) -> ScriptedLM:
    """A model that answers from a script; one callable alone answers every call."""
    engine = ScriptedEngine(answers, usage)
    settings = {"cache": False, "num_retries": 0, **kwargs}
    if not ENGINES:
        return ScriptedLM(engine, **settings)
    return ScriptedLM(
        "scripted/model", engine=engine, async_engine=AsyncScriptedEngine(engine), **settings
    )


def _piecemeal(events: Iterable[Any]) -> Iterator[Any]:
    """A stream's text a few characters at a time, as models send it."""
    for event in events:
        delta = getattr(event, "delta", None)
        if not isinstance(delta, TextDelta):
            yield event
            continue
        for start in range(0, len(delta.text), 7):
            piece = replace(delta, text=delta.text[start : start + 7])
            yield replace(event, delta=piece)


def in_form(reminder: str, values: dict[str, Any]) -> str:
    """The fields, written as the adapter whose reminder ends the prompt wants them."""
    if "Respond with a JSON object" in reminder:
        return json.dumps(values, default=str)
    if "wrapped in XML tags" in reminder:
        plain = {k: _plain(v) for k, v in values.items()}
        if ENGINES:  # before, DSPy took the text between two tags as it was
            plain = {k: escape(v, quote=False) for k, v in plain.items()}
        return "\n".join(f"<{k}>{v}</{k}>" for k, v in plain.items())
    fields = "\n\n".join(f"[[ ## {k} ## ]]\n{_plain(v)}" for k, v in values.items())
    return f"{fields}\n\n[[ ## completed ## ]]"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _messages(request: Request) -> list[dict[str, str]]:
    system = request.system or ""
    if not isinstance(system, str):
        system = "".join(getattr(part, "text", "") for part in system)
    said = [{"role": m.role, "content": m.text or ""} for m in request.messages]
    return [{"role": "system", "content": system}, *said] if system else said
