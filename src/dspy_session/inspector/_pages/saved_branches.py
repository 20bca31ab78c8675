"""What a saved page says of a branch beside its turns: where its nested nodes stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..._tree.branch import Branch
from ..._tree.record import ROOT, Node, Record
from .._protocol.saved_page import SavedBranch, SavedNode, SavedSights
from .._view.detail import python_of
from .._view.nodes import Sight, sight_of
from .._view.rows import nested_calls, positions_of
from .._view.text import safe


def saved_branch(branch: Branch, turns: int) -> SavedBranch:
    """Return a branch; ``turns`` is the number of the list of its turns."""
    calls: dict[str, list[Record]] = {path: [] for path in branch.nodes if path != ROOT}
    for position in positions_of(branch):
        for call in nested_calls(branch.log[position]):
            calls.setdefault(call.node, []).append(call)
    return SavedBranch(
        key=branch.key,
        first=branch.log.first,
        turns=turns,
        python=python_of(branch),
        memory=safe(branch.memory) or None,
        nodes=[_node(branch, path, made) for path, made in calls.items()],
    )


def _node(branch: Branch, path: str, calls: Sequence[Record]) -> SavedNode:
    there = branch.nodes.get(path, Node())
    each: list[Sight] = [sight_of(there, call) for call in calls]
    return SavedNode(
        path=safe(path),
        in_sight=len(there.open) - there.open.first,
        memory=safe(there.memory) or None,
        sights=[SavedSights(sight=sight, calls=len(list(run))) for sight, run in groupby(each)],
    )
