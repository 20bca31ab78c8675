"""What a model writes while it writes it, overheard on its way to who asked for the stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


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
