"""What a model writes while it writes it, overheard on its way to who asked for the stream."""

from __future__ import annotations

import contextvars
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import dspy

from .._tree.conversation import Conversation
from .._tree.running import Cancel, RunningCall, Writing
from .._tree.values import Fields
from .frame import RUNNING_KEY

_cancel: contextvars.ContextVar[Cancel | None] = contextvars.ContextVar(
    "dspy_session_cancel", default=None
)


class CallStoppedError(BaseException):
    """A call was stopped by hand. No ``except Exception`` of a program's takes it for a failure."""


@contextmanager
def stoppable(cancel: Cancel) -> Generator[None, None, None]:
    """Stop the calls that begin in the body once ``cancel`` is set.

    A call stops before its next request, or, where words are listened to, in the middle of one.
    """
    token = _cancel.set(cancel)
    try:
        yield
    finally:
        _cancel.reset(token)


@contextmanager
def told(
    conversation: Conversation, key: str, inputs: Fields, *, again: int | None = None
) -> Generator[RunningCall, None, None]:
    """Say that a call runs on a branch, and what its model writes if that is streamed.

    With ``again``, it is that turn's that is asked again: its answer goes to another branch.
    """
    stream = dspy.settings.send_stream
    with conversation.calling(key, inputs, again=again) as running:
        running.cancel = _cancel.get()
        if stream is None:
            yield running
            return
        running.streamed = True
        with dspy.context(send_stream=Overheard(stream, running)):
            yield running


class Hearing:
    """Takes the text out of the chunks of one answer, for the row of its call."""

    def __init__(self, running: RunningCall, node: str) -> None:
        self._running, self._node = running, node
        self._writing: Writing | None = None
        self._thinks = False

    def hear(self, chunk: Any) -> None:
        """Take the text in a chunk, if it holds any."""
        text, thought = text_of(chunk), text_of(chunk, "reasoning_content")
        if thought and not self._thinks:
            thought = f"[[ ## reasoning ## ]]\n{thought}"
        if text and self._thinks:
            text = f"\n{text}"
        if not (text or thought):
            return
        self._thinks = not text
        if self._writing is None:
            self._writing = self._running.begin(self._node)
        self._running.wrote(self._writing, thought + text)

    def end(self, *, counts: bool) -> None:
        """Hear no more of this answer; one that does not count is forgotten."""
        if self._writing is None:
            return
        self._writing.ended = True
        if not counts:
            self._running.forget(self._writing)


class Overheard:
    """Stands in the place of DSPy's ``send_stream``: everything passes through unchanged.

    ``dspy.streamify`` sets one.
    """

    def __init__(self, stream: Any, running: RunningCall) -> None:
        self._stream = stream
        self._running = running
        self._hearings: dict[Any, Hearing] = {}

    async def send(self, chunk: Any) -> None:
        """Pass a chunk on; its text is heard before whoever asked for it takes it."""
        caller = dspy.settings.get(RUNNING_KEY)
        if caller not in self._hearings:
            node = getattr(caller, "path", "")
            self._hearings[caller] = Hearing(self._running, node)
        self._hearings[caller].hear(chunk)
        await self._stream.send(chunk)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def text_of(chunk: Any, field: str = "content") -> str:
    """Return the text in a chunk of a model's stream; empty when it holds none."""
    choices = getattr(chunk, "choices", None)
    delta = getattr(choices[0], "delta", None) if choices else None
    content = getattr(delta, field, None)
    return content if isinstance(content, str) else ""
