"""An engine for ``dspy.LM`` that answers by rule, offline and always the same way."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from dspy.lm15 import Message, Request, Response, StreamDeltaEvent, TextDelta, TextPart, Usage
from dspy.lm15 import response_to_events as to_events

from ._answer import Wordings, answer
from ._prompt import CHARS_PER_TOKEN, MODEL, Prompt, read_prompt

WORD_SECONDS = 0.03


class DemoEngine:
    """Answers as the support desk of Tidepool, from the conversation in the prompt alone.

    At temperature 0 (or none) the same prompt has one answer. Above it, asking again words the
    answer anew: the ``seed`` says how, or without one the number of times this prompt was asked.

    Args:
        word_seconds: Between two words of a streamed answer, so that one sees it being written.
    """

    def __init__(self, word_seconds: float = WORD_SECONDS) -> None:
        self.word_seconds = word_seconds
        self._wordings = Wordings()

    def complete(self, request: Request) -> Response:
        """The whole answer at once."""
        prompt = read(request)
        config = request.config
        variant = self._wordings.variant(prompt, config.temperature, config.seed)
        text = answer(prompt, variant=variant)
        return Response(
            id=None,
            model=MODEL,
            message=Message.assistant([TextPart(text)]),
            finish_reason="stop",
            usage=usage(request, text),
        )

    def stream(self, request: Request) -> Iterator[Any]:
        """The answer word by word, as quick as a quick model writes."""
        for event in self._words(request):
            if isinstance(event, StreamDeltaEvent):
                time.sleep(self.word_seconds)
            yield event

    def _words(self, request: Request) -> Iterator[Any]:
        for event in to_events(self.complete(request)):
            if isinstance(event, StreamDeltaEvent) and isinstance(event.delta, TextDelta):
                for word in re.findall(r"\S*\s*", event.delta.text):
                    if word:
                        yield replace(event, delta=replace(event.delta, text=word))
            else:
                yield event

    def close(self) -> None:
        """Nothing is held open."""

    def dump_state(self) -> dict[str, Any]:
        """What a loaded engine begins with; its wordings start over."""
        return {"word_seconds": self.word_seconds}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> DemoEngine:
        """A fresh engine, for programs saved with the demo model in them."""
        return cls(**state)


class AsyncDemoEngine:
    """The same answers, awaited."""

    def __init__(self, engine: DemoEngine | None = None) -> None:
        self._engine = engine or DemoEngine()

    async def complete(self, request: Request) -> Response:
        """The whole answer at once."""
        return self._engine.complete(request)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        """The answer word by word, as quick as a quick model writes."""
        for event in self._engine._words(request):
            if isinstance(event, StreamDeltaEvent):
                await asyncio.sleep(self._engine.word_seconds)
            yield event

    async def aclose(self) -> None:
        """Nothing is held open."""

    def dump_state(self) -> dict[str, Any]:
        """What a loaded engine begins with."""
        return self._engine.dump_state()

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> AsyncDemoEngine:
        """A fresh engine."""
        return cls(DemoEngine.load_state(state))


def read(request: Request) -> Prompt:
    """The adapter's prompt inside a request."""
    return read_prompt(_system(request), [(m.role, m.text or "") for m in request.messages])


def usage(request: Request, text: str) -> Usage:
    """Token counts of about the right size: four characters each."""
    sent = len(_system(request)) + sum(len(m.text or "") for m in request.messages)
    return Usage(
        input_tokens=-(-sent // CHARS_PER_TOKEN), output_tokens=-(-len(text) // CHARS_PER_TOKEN)
    )


def _system(request: Request) -> str:
    if request.system is None or isinstance(request.system, str):
        return request.system or ""
    return "".join(getattr(part, "text", "") for part in request.system)
