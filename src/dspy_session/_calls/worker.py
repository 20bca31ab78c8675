"""A worker thread of anyio's, from which synchronous code reaches an event loop, as DSPy wants."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


def in_worker_thread(function: Callable[[], T]) -> T:
    """Call a function in a worker thread, with the context variables of the caller.

    Where the waiting is interrupted, the function goes on for nothing.
    """
    return asyncio.run_coroutine_threadsafe(_run(function), _loop(os.getpid())).result()


async def _run(function: Callable[[], T]) -> T:
    # A limiter of its own: a function may wait for one that was called after it.
    return await anyio.to_thread.run_sync(function, limiter=anyio.CapacityLimiter(1))


@functools.cache
def _loop(_process: int) -> asyncio.AbstractEventLoop:
    """One event loop that stays, so that clients can keep their connections; a fork has its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="dspy-session words", daemon=True).start()
    return loop
