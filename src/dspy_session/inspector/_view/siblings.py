"""Where branches part: the turns that stand beside each other at one place of the tree."""

from __future__ import annotations

from collections.abc import Iterable

from ..._tree.branch import Branch
from ..._tree.parting import parting
from .._protocol.shapes import Sibling
from .text import safe


def siblings(branch: Branch, branches: Iterable[Branch]) -> dict[int, list[Sibling]]:
    """Return position to the turns at that place, where there are several; oldest first.

    Costs O(branches), however long they are.
    """
    beside: dict[int, dict[str, Branch]] = {}
    for other in branches:
        if other.key == branch.key:
            continue
        place = parting(branch, other)
        if place < len(branch.log) and place < len(other.log):
            there = beside.setdefault(place, {branch.log[place].id: branch})
            there.setdefault(other.log[place].id, other)
    return {place: _listed(place, there) for place, there in beside.items()}


def only(branch: Branch, position: int) -> list[Sibling]:
    """Return the entry of a turn that stands alone at its place."""
    return [_sibling(branch, branch.log[position].id)]


def _listed(place: int, there: dict[str, Branch]) -> list[Sibling]:
    oldest_first = sorted(there.items(), key=lambda item: item[1].log[place].created_at)
    return [_sibling(branch, turn_id) for turn_id, branch in oldest_first]


def _sibling(branch: Branch, turn_id: str) -> Sibling:
    return Sibling(branch=branch.key, turn_id=turn_id, name=safe(branch.name))
