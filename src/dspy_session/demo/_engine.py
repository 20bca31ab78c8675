"""An engine for ``dspy.LM`` that answers by rule, offline and always the same way."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import dspy
from dspy.lm15 import Message, Request, Response, StreamDeltaEvent, TextDelta, TextPart, Usage
from dspy.lm15 import response_to_events as to_events

from ._answer import answer
from ._prompt import Prompt, read_prompt

MODEL = "demo/tidepool"
"""The demo model's name, as it stands in histories and usage."""

CHARS_PER_TOKEN = 4


class DemoEngine:
    """Answers as the support desk of Tidepool, from the conversation in the prompt alone.

    At temperature 0 (or none) the same prompt has one answer. Above it, asking again words the
    answer anew: the ``seed`` says how, or without one the number of times this prompt was asked.
    """

    def __init__(self) -> None:
        # dspy strips rollout ids before the engine, so a fresh rollout shows only as the same
        # prompt sent again. A race between threads costs a wording, nothing else.
        self._asked: Counter[int] = Counter()

    def complete(self, request: Request) -> Response:
        """The whole answer at once."""
        prompt = read(request)
        text = answer(prompt, variant=self._variant(request, prompt))
        return Response(
            id=None,
            model=MODEL,
            message=Message.assistant([TextPart(text)]),
            finish_reason="stop",
            usage=usage(request, text),
        )

    def stream(self, request: Request) -> Iterator[Any]:
        """The answer word by word."""
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
        """Nothing to keep: a loaded engine starts over with its wordings."""
        return {}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> DemoEngine:
        """A fresh engine, for programs saved with the demo model in them."""
        return cls(**state)

    def _variant(self, request: Request, prompt: Prompt) -> int:
        if not request.config.temperature:
            return 0
        if request.config.seed is not None:
            return request.config.seed
        key = hash(repr(prompt))
        self._asked[key] += 1
        return self._asked[key]


class AsyncDemoEngine:
    """The same answers, awaited."""

    def __init__(self, engine: DemoEngine | None = None) -> None:
        self._engine = engine or DemoEngine()

    async def complete(self, request: Request) -> Response:
        """The whole answer at once."""
        return self._engine.complete(request)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        """The answer word by word."""
        for event in self._engine.stream(request):
            yield event

    async def aclose(self) -> None:
        """Nothing is held open."""

    def dump_state(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> AsyncDemoEngine:
        """A fresh engine."""
        return cls(**state)


def demo_lm(**kwargs: Any) -> dspy.LM:
    """A ``dspy.LM`` for trying things: the demo model, or your own.

    The environment variable ``DSPY_SESSION_LM`` names yours (``openai/gpt-4o-mini``, say); unset,
    the model is a rule engine in this process that needs neither key nor network.

    Args:
        **kwargs: Passed on to ``dspy.LM``.

    Example:
        >>> lm = demo_lm()
        >>> lm.model
        'demo/tidepool'
    """
    if model := os.environ.get("DSPY_SESSION_LM"):
        return dspy.LM(model, **kwargs)
    engine = DemoEngine()
    # A cached answer would report no usage, and the engine is as quick as the cache.
    settings: dict[str, Any] = {"cache": False, **kwargs}
    return dspy.LM(MODEL, engine=engine, async_engine=AsyncDemoEngine(engine), **settings)


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
