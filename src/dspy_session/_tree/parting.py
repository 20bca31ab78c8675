"""Where two branches part."""

from __future__ import annotations

from .branch import Branch
from .log import Log
from .record import Record


def parting(left: Branch, right: Branch) -> int:
    """Return the first position at which two branches hold different turns.

    Once two branches differ they never meet again, so the place is found by halving.
    """
    start = max(left.log.first, right.log.first)
    return parting_after(left.log, right.log, start, min(len(left.log), len(right.log)))


def parting_after(left: Log[Record], right: Log[Record], start: int, stop: int) -> int:
    """Return the first position from ``start`` to ``stop`` at which two logs differ, else ``stop``.

    They are known to be equal before ``start``.
    """
    # Branches made by forking part where their logs do: nearly always the first look tells.
    low = max(start, min(left.shared_with(right), stop))
    high = max(low, stop)
    if low < high and left[low].id != right[low].id:
        return low
    while low < high:
        middle = (low + high) // 2
        if left[middle].id == right[middle].id:
            low = middle + 1
        else:
            high = middle
    return low
