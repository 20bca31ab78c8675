"""Coroutines run to their end from synchronous code."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from synchronous code, also inside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return finished_elsewhere(work)


def finished_elsewhere(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own.

    Where the waiting is interrupted, that thread goes on alone and keeps nobody from leaving.
    """
    outcome: list[T] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
            problem.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True)
    thread.start()
    thread.join()
    if problem:
        raise problem[0]
    return outcome[0]
