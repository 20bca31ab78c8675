"""One lock for the calls on one state: threads and coroutines wait in the same queue."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from ..errors import ConflictError


class _Place:
    """A place in the queue, also the first one, whose holder has the lock."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.loop = loop
        self.thread = threading.get_ident()
        self.event = threading.Event()
        self.future: asyncio.Future[None] | None = loop.create_future() if loop else None

    def wake(self) -> bool:
        """Say that the lock is its own, from any thread, or again; False when nobody waits."""
        if self.loop is None or self.future is None:
            self.event.set()
            return True
        try:
            self.loop.call_soon_threadsafe(self._resolve)
        except RuntimeError:  # its event loop was closed while it waited
            return False
        return True

    def _resolve(self) -> None:
        if self.future is not None and not self.future.done():
            self.future.set_result(None)


class CallLock:
    """First come, first served, for synchronous and asynchronous callers on any event loop.

    It survives an interrupt at any step: each step that one may cut short can be done again.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: _Place | None = None
        self._queue: deque[_Place] = deque()

    @contextmanager
    def held(self) -> Generator[None, None, None]:
        """Hold the lock from synchronous code.

        Raises:
            ConflictError: This very thread holds it, or a coroutine on it does, so waiting would
                never end.
        """
        place = _Place(None)
        try:
            if not self._enter(place):
                place.event.wait()
            yield
        finally:
            try:
                self._leave(place)
            except BaseException:
                self._leave(place)
                raise

    @asynccontextmanager
    async def aheld(self) -> AsyncGenerator[None, None]:
        """Hold the lock from a coroutine; waiting blocks no event loop."""
        place = _Place(asyncio.get_running_loop())
        try:
            if not self._enter(place) and place.future is not None:
                await place.future
            yield
        finally:
            try:
                self._leave(place)
            except BaseException:
                self._leave(place)
                raise

    def _enter(self, place: _Place) -> bool:
        """Take the lock or a place in the queue; say whether it was the lock."""
        with self._guard:
            if self._holder is None:
                self._holder = place
                return True
            if place.loop is None and self._waits_for_this_thread(self._holder):
                msg = (
                    "this thread is in the middle of a call on the same conversation, which "
                    "would wait for itself; let it end first, or `await session.acall(...)`"
                )
                raise ConflictError(msg)
            self._queue.append(place)
            return False

    def _waits_for_this_thread(self, holder: _Place) -> bool:
        """Whether this thread holds the lock, or a coroutine on it is in the queue before us."""
        here = threading.get_ident()
        ahead = (one.thread for one in self._queue if one.loop is not None)
        return holder.thread == here or here in ahead

    def _leave(self, place: _Place) -> None:
        """Give up a place; who held the lock hands it to the next that still waits."""
        with self._guard:
            if place in self._queue:
                self._queue.remove(place)
            if self._holder is place:
                self._holder = None
            while self._holder is None and self._queue:
                self._holder = self._queue[0]
                self._queue.popleft()
                if not self._holder.wake():
                    self._holder = None
            if self._holder is not None:
                self._holder.wake()
