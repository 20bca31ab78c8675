"""Something that belongs to one event loop, e.g. its connections, and is closed with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_PATIENCE_S = 5.0


class PerLoop(Generic[T]):
    """Makes one for each event loop that asks.

    A loop that ends properly (``asyncio.run``, a server's shutdown) closes its own: each is held
    by an asynchronous generator, and loops close those that are left when they shut down.
    """

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make, self._close = make, close
        self._lock = threading.Lock()
        self._owners: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[T, None]] = (
            WeakKeyDictionary()
        )
        self._held: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    async def get(self) -> T:
        """Return the running loop's."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is not None:
            return held
        owner = self._own(loop)
        with self._lock:
            self._forget_closed()
            self._owners[loop] = owner
        return await anext(owner)

    async def _own(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[T, None]:
        made = self._held[loop] = self._make()
        try:
            yield made
        finally:
            with self._lock:
                self._held.pop(loop, None)
                self._owners.pop(loop, None)
            await self._close(made)

    def _forget_closed(self) -> None:
        for loop in [loop for loop in self._owners if loop.is_closed()]:
            self._owners.pop(loop, None)
            self._held.pop(loop, None)

    def close(self) -> None:
        """Close all, each in its own loop; the running loop's once it goes on."""
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        with self._lock:
            self._forget_closed()
            owners = list(self._owners.items())
        for loop, owner in owners:
            if loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(owner.aclose(), loop)
                if loop is not here:
                    closing.result(_PATIENCE_S)

    async def aclose(self) -> None:
        """Close the running loop's."""
        owner = self._owners.get(asyncio.get_running_loop())
        if owner is not None:
            await owner.aclose()
