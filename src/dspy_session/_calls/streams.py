"""What a model writes while it writes it, overheard on its way to who asked for the stream."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import dspy

from .._tree.conversation import Conversation
from .._tree.values import Fields


@contextmanager
def told(conversation: Conversation, key: str, inputs: Fields) -> Generator[None, None, None]:
    """Say that a call runs on a branch, and what its model writes if that is streamed."""
    stream = dspy.settings.send_stream
    with conversation.calling(key, inputs) as wrote:
        if stream is None:
            yield
            return
        with dspy.context(send_stream=Overheard(stream, wrote)):
            yield


class Overheard:
    """Stands in the place of DSPy's ``send_stream``: everything passes through unchanged.

    ``dspy.streamify`` sets one. A call without it is not made to stream: DSPy would then talk to
    the model in another way than the program asked for.
    """

    def __init__(self, stream: Any, heard: Callable[[str], None]) -> None:
        self._stream = stream
        self._heard = heard

    async def send(self, chunk: Any) -> None:
        """Pass a chunk on; its text is heard before whoever asked for it takes it."""
        text = text_of(chunk)
        if text:
            self._heard(text)
        await self._stream.send(chunk)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def text_of(chunk: Any) -> str:
    """Return the text in a chunk of a model's stream; empty when it holds none."""
    choices = getattr(chunk, "choices", None)
    delta = getattr(choices[0], "delta", None) if choices else None
    content = getattr(delta, "content", None)
    return content if isinstance(content, str) else ""
