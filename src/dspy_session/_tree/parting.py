"""Where two branches part."""

from __future__ import annotations

from .branch import Branch


def parting(left: Branch, right: Branch) -> int:
    """Return the first position at which two branches hold different turns.

    Once two branches differ they never meet again, so the place is found by halving.
    """
    low = max(left.log.first, right.log.first)
    high = max(low, min(len(left.log), len(right.log)))
    while low < high:
        middle = (low + high) // 2
        if left.log[middle].id == right.log[middle].id:
            low = middle + 1
        else:
            high = middle
    return low
