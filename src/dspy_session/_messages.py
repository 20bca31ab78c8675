"""A chat's messages as turns, and turns as messages again, in the same order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .export._chat import value_text

Message = Mapping[str, Any]
"""``role``, ``content``, and whatever else came with them."""

USER, ASSISTANT = "user", "assistant"


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """One turn: what the user said and what the assistant answered; either may be missing."""

    user: Message | None
    assistant: Message | None


@dataclasses.dataclass(frozen=True, slots=True)
class Beside:
    """A message that is no side of a turn: a system text, a tool's result, a second question."""

    turn: int
    """The position of the turn that it stands at."""
    between: bool
    """Whether it stands between the turn's question and its answer; else before both."""
    message: Message


def paired(messages: Iterable[Message]) -> tuple[list[Pair], list[Beside]]:
    """Return messages as turns, and those that are part of none.

    A turn is an assistant's answer and the user's message before it. An answer with no message
    before it is a turn of its own. An assistant's message that only calls tools is no answer.
    """
    pairs: list[Pair] = []
    beside: list[Beside] = []
    waiting: list[Message] = []
    for message in messages:
        if message["role"] != ASSISTANT or _only_calls(message):
            waiting.append(message)
            continue
        asked = _last_question(waiting)
        at = len(pairs)
        for position, one in enumerate(waiting):
            if position != asked:
                between = asked is not None and position > asked
                beside.append(Beside(at, between, one))
        pairs.append(Pair(None if asked is None else waiting[asked], message))
        waiting = []
    beside += [Beside(len(pairs), between=False, message=one) for one in waiting]
    return pairs, beside


def _only_calls(message: Message) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _last_question(messages: Sequence[Message]) -> int | None:
    asked = [at for at, message in enumerate(messages) if message["role"] == USER]
    return asked[-1] if asked else None


def woven(pairs: Sequence[Pair], beside: Iterable[Beside]) -> list[Message]:
    """Return the messages of turns with those beside them, in the order in which they were said.

    The inverse of :func:`paired`.
    """
    at: dict[tuple[int, bool], list[Message]] = {}
    for one in beside:
        at.setdefault((min(one.turn, len(pairs)), one.between), []).append(one.message)
    messages: list[Message] = []
    for position, pair in enumerate(pairs):
        messages += at.get((position, False), [])
        messages += [pair.user] if pair.user is not None else []
        messages += at.get((position, True), [])
        messages += [pair.assistant] if pair.assistant is not None else []
    end = len(pairs)
    return [*messages, *at.get((end, False), []), *at.get((end, True), [])]


def content_text(content: Any) -> str:
    """Return a message's content as text; of a list of parts, those that are text."""
    if content is None:
        return ""
    if not isinstance(content, list):
        return value_text(content)
    texts: list[str] = []
    for part in content:
        text = part.get("text") if isinstance(part, Mapping) else part
        texts += [text] if isinstance(text, str) else []
    return "\n".join(texts)
