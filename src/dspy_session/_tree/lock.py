"""One lock for the calls on one state: threads and coroutines wait in the same queue."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from ..errors import ConflictError


class _Waiter:
    """Someone in the queue; ``wake`` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.loop = loop
        self.thread = threading.get_ident()
        self.event = threading.Event()
        self.future: asyncio.Future[None] | None = loop.create_future() if loop else None

    def wake(self) -> bool:
        """Tell the waiter that the lock is its own; False when it is gone."""
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
    """First come, first served, for synchronous and asynchronous callers on any event loop."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._holder_thread: int | None = None
        self._queue: deque[_Waiter] = deque()

    @contextmanager
    def held(self) -> Generator[None, None, None]:
        """Hold the lock from synchronous code.

        Raises:
            ConflictError: This very thread holds it, or a coroutine on it does, so waiting would
                never end.
        """
        waiter = self._enter(None)
        if waiter is not None:
            try:
                waiter.event.wait()
            except BaseException:
                self._abandon(waiter)
                raise
        self._holder_thread = threading.get_ident()
        try:
            yield
        finally:
            self._release()

    @asynccontextmanager
    async def aheld(self) -> AsyncGenerator[None, None]:
        """Hold the lock from a coroutine; waiting blocks no event loop."""
        waiter = self._enter(asyncio.get_running_loop())
        if waiter is not None and waiter.future is not None:
            try:
                await waiter.future
            except BaseException:
                self._abandon(waiter)
                raise
        self._holder_thread = threading.get_ident()
        try:
            yield
        finally:
            self._release()

    def _enter(self, loop: asyncio.AbstractEventLoop | None) -> _Waiter | None:
        with self._guard:
            if not self._held:
                self._held = True
                return None
            if loop is None and self._waits_for_this_thread():
                msg = (
                    "this thread is in the middle of a call on the same conversation, which "
                    "would wait for itself; let it end first, or `await session.acall(...)`"
                )
                raise ConflictError(msg)
            waiter = _Waiter(loop)
            self._queue.append(waiter)
            return waiter

    def _waits_for_this_thread(self) -> bool:
        """Whether this thread holds the lock, or a coroutine on it is in the queue before us."""
        here = threading.get_ident()
        ahead = (one.thread for one in self._queue if one.loop is not None)
        return self._holder_thread == here or here in ahead

    def _abandon(self, waiter: _Waiter) -> None:
        with self._guard:
            if waiter in self._queue:
                self._queue.remove(waiter)
                return
        self._release()  # the lock was handed over just as the waiter gave up

    def _release(self) -> None:
        with self._guard:
            while self._queue:
                waiter = self._queue.popleft()
                if waiter.wake():  # stays held: handed over
                    self._holder_thread = waiter.thread
                    return
            self._held, self._holder_thread = False, None
