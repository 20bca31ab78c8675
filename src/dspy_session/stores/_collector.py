"""Python's garbage collector, kept from looking at everything while a conversation is read."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

_NEVER = 2**31 - 1
_guard = threading.Lock()
_readers = 0
_before = gc.get_threshold()


@contextmanager
def no_full_collection() -> Generator[None, None, None]:
    """Run the body without full collections, in no thread of the process.

    Reading makes many objects and no garbage. Yet the collector would look through all that the
    process holds again and again, and meanwhile every thread stands still: an event loop for 50 ms
    and more. Young objects are collected as ever, so that nothing piles up.
    """
    global _readers, _before  # the collector is one for the process
    with _guard:
        if _readers == 0:
            _before = gc.get_threshold()
            gc.set_threshold(*_before[:2], _NEVER)
        _readers += 1
    try:
        yield
    finally:
        with _guard:
            _readers -= 1
            if _readers == 0:
                gc.set_threshold(*_before)
