"""Python's garbage collector, kept still while a conversation is read."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

_guard = threading.Lock()
_readers = 0
_was_on = False


@contextmanager
def collector_paused() -> Generator[None, None, None]:
    """Run the body without collections, in no thread of the process.

    Reading makes many objects and no garbage. Yet the collector would look through all that the
    process holds each time, and meanwhile every thread stands still: an event loop for 50 ms and
    more. A collector that is off already stays off.
    """
    global _readers, _was_on  # the collector is one for the process
    with _guard:
        if _readers == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _readers += 1
    try:
        yield
    finally:
        with _guard:
            _readers -= 1
            if _readers == 0 and _was_on:
                gc.enable()
