"""Catch the LM requests that a predictor makes: prompt, answer, tokens, cost and latency."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import dspy

from .._tree.log import Log
from .._tree.record import Prompt, Request

_log = logging.getLogger("dspy_session")


class Recorder:
    """Stands among ``dspy.settings.caller_modules``, whose ``history`` DSPy fills."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.latencies: list[float] = []
        self.asked_at: float | None = None

    def requests(self, like: Prompt) -> tuple[Request, ...]:
        """Return what was caught; prompts share memory with ``like`` as far as they agree."""
        found: list[Request] = []
        for number, entry in enumerate(self.history):
            latency = self.latencies[number] if number < len(self.latencies) else None
            try:
                prompt = shared_prompt(_messages(entry), like)
                found.append(_request(entry, prompt, latency))
            except Exception:  # noqa: BLE001  # an LM of the user's may write anything; the turn stands
                _log.warning("an LM wrote an entry that cannot be read: %.500r", entry)
            else:
                like = prompt
        return tuple(found)


class TimedRequests:
    """Mixed into an adapter's class: tells the recorder how long each LM request took.

    An adapter formats, asks the LM, then turns to the answer. A callback would tell the same, but
    DSPy then inspects the arguments of every call, which costs more than a short call.
    """

    def format(self, *args: Any, **kwargs: Any) -> Any:
        """Format, then start the clock."""
        messages = super().format(*args, **kwargs)  # type: ignore[misc]
        recorder = _innermost(dspy.settings.caller_modules or [])
        if recorder is not None:
            recorder.asked_at = time.perf_counter()
        return messages

    def _call_postprocess(self, *args: Any, **kwargs: Any) -> Any:
        recorder = _innermost(dspy.settings.caller_modules or [])
        if recorder is not None and recorder.asked_at is not None:
            recorder.latencies.append(time.perf_counter() - recorder.asked_at)
        return super()._call_postprocess(*args, **kwargs)  # type: ignore[misc]


def _innermost(callers: list[Any]) -> Recorder | None:
    return next((one for one in reversed(callers) if isinstance(one, Recorder)), None)


@contextmanager
def recording(**settings: Any) -> Generator[Recorder, None, None]:
    """Catch every LM request made in the body, except those an inner recorder catches.

    ``settings`` are DSPy settings to lay over the present ones in the same step.
    """
    recorder = Recorder()
    # An outer recorder steps aside, so that each request is caught once.
    callers = [one for one in dspy.settings.caller_modules or [] if not isinstance(one, Recorder)]
    with dspy.context(caller_modules=[*callers, recorder], **settings):
        yield recorder


def _messages(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages = entry.get("messages")
    if messages is None:
        return [{"role": "user", "content": entry.get("prompt")}]
    return list(messages)


def _request(entry: Mapping[str, Any], prompt: Prompt, latency: float | None) -> Request:
    usage = entry.get("usage") or {}
    cost = entry.get("cost")
    return Request(
        model=str(entry.get("response_model") or entry.get("model") or ""),
        prompt=prompt,
        answers=tuple(entry.get("outputs") or ()),
        prompt_tokens=_count(usage.get("prompt_tokens", usage.get("input_tokens"))),
        completion_tokens=_count(usage.get("completion_tokens", usage.get("output_tokens"))),
        cost=float(cost) if isinstance(cost, (int, float)) else None,
        latency_s=latency,
        cached=not usage,  # DSPy reports an empty usage for an answer from its cache
    )


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None


def shared_prompt(messages: list[dict[str, Any]], like: Prompt) -> Prompt:
    """Return the messages as a log that shares its beginning, and equal messages, with another.

    Those that are not shared are copied.
    """
    before = list(like)
    agreed = _agreed(messages, before)
    known = {
        (message.get("role"), message["content"]): message
        for message in before[agreed:]
        if isinstance(message.get("content"), str)
    }
    added: list[dict[str, Any]] = []
    for message in messages[agreed:]:
        content = message.get("content")
        twin = known.get((message.get("role"), content)) if isinstance(content, str) else None
        added.append(twin if twin is not None and twin == message else dict(message))
    return like.before(agreed).extend(added) if agreed else Log(added)


def _agreed(messages: list[dict[str, Any]], before: list[dict[str, Any]]) -> int:
    """Count the messages at the beginning that are the same."""
    if not before:
        return 0
    # A prompt that goes on from another agrees with all of it but the last question.
    start = len(before) - 1 if messages[: len(before) - 1] == before[:-1] else 0
    pairs = zip(messages[start:], before[start:], strict=False)
    return start + next(
        (number for number, (ours, theirs) in enumerate(pairs) if ours != theirs),
        min(len(messages), len(before)) - start,
    )
