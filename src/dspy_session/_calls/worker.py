"""A worker thread of anyio's, from which synchronous code reaches an event loop, as DSPy wants."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")

_under_way: set[asyncio.Task[None]] = set()


def in_worker_thread(function: Callable[[], T]) -> T:
    """Call a function in a worker thread, with the context variables of the caller.

    Where the waiting is interrupted, the function goes on for nothing.
    """
    outcome: Future[T] = Future()
    _loop(os.getpid()).call_soon_threadsafe(_begin, function, outcome)
    return outcome.result()


def _begin(function: Callable[[], T], outcome: Future[T]) -> None:
    task = asyncio.ensure_future(_run(function, outcome))
    _under_way.add(task)  # a loop holds its tasks only weakly
    task.add_done_callback(_under_way.discard)


async def _run(function: Callable[[], T], outcome: Future[T]) -> None:
    try:
        # A limiter of its own: a function may wait for one that was called after it.
        own = anyio.CapacityLimiter(1)
        outcome.set_result(await anyio.to_thread.run_sync(function, limiter=own))
    except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
        outcome.set_exception(error)


@functools.cache
def _loop(_process: int) -> asyncio.AbstractEventLoop:
    """One event loop that stays, so that clients can keep their connections; a fork has its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="dspy-session words", daemon=True).start()
    return loop
