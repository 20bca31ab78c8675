"""A model that answers from a script word by word, and can pause or break off in between."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from dspy.lm15 import Request, Response, TextDelta, response_to_events

from .scripted import WAIT_S, AsyncScriptedEngine, ScriptedEngine, ScriptedLM


class WordByWord(ScriptedEngine):
    """Gives the scripted answers; streams come a word at a time.

    Args:
        answers: As of :class:`ScriptedEngine`.
        breaks_after: The number of words after which every stream fails.
        pauses_after: The number of words after which a stream waits for ``go_on``.
    """

    def __init__(
        self, answers: Any, *, breaks_after: int | None = None, pauses_after: int | None = None
    ) -> None:
        super().__init__(answers, (10, 5))
        self.breaks_after, self.pauses_after = breaks_after, pauses_after
        self.streams = self.wholes = self.sent = 0
        self.threads: list[threading.Thread] = []
        self.paused, self.go_on, self.left = (threading.Event() for _ in range(3))

    def complete(self, request: Request) -> Response:
        self.wholes += 1
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        self.threads.append(threading.current_thread())
        return super().complete(request)

    def stream(self, request: Request) -> Iterator[Any]:
        try:
            for event in self.events(request):
                if self.pauses_after == self.sent:
                    self.pause()
                yield event
        finally:
            self.left.set()

    def pause(self) -> None:
        self.paused.set()
        self.go_on.wait(WAIT_S)

    def events(self, request: Request) -> Iterator[Any]:
        self.streams += 1
        if self.breaks_after == 0:
            raise ConnectionError("no streams here")
        words = 0
        for event in response_to_events(self.answer(request)):
            delta = getattr(event, "delta", None)
            if not isinstance(delta, TextDelta):
                yield event
                continue
            for word in re.findall(r"\S+\s*", delta.text):
                yield replace(event, delta=replace(delta, text=word))
                words += 1
                self.sent += 1
                if words == self.breaks_after:
                    raise ConnectionError("the line is cut")


class AwaitedWordByWord(AsyncScriptedEngine):
    """The same, awaited."""

    async def complete(self, request: Request) -> Response:
        return self.engine.complete(request)

    async def stream(self, request: Request) -> AsyncIterator[Any]:
        engine = self.engine
        try:
            for event in engine.events(request):
                if engine.pauses_after == engine.sent:
                    await asyncio.to_thread(engine.pause)
                await asyncio.sleep(0)
                yield event
        finally:
            engine.left.set()
            engine.go_on.set()  # or the waiting thread would hold up the end of the loop


def word_by_word_lm(
    *answers: Any, engine: WordByWord | None = None, cache: bool = False, **settings: Any
) -> ScriptedLM:
    """A model over a :class:`WordByWord` engine."""
    engine = engine or WordByWord(answers, **settings)
    return ScriptedLM(
        "scripted/words",
        engine=engine,
        async_engine=AwaitedWordByWord(engine),
        cache=cache,
        num_retries=0,
    )
