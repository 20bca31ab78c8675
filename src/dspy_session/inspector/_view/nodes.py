"""The nodes of a program on a branch: their ledgers, call by call, and their memories."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Literal

from ..._tree.branch import Branch
from ..._tree.log import Log
from ..._tree.record import ROOT, Node, Record, record_key
from ...errors import NotFoundError
from .._protocol.nodes import LedgerCall, LedgerWindow, NodesView, NodeView
from .._protocol.shapes import Text
from .messages import history_length
from .rows import nested_calls, output_previews, previews
from .text import clipped, safe

MOST_CALLS = 60
"""The most calls of one answer."""

Sight = Literal["open", "ended", "none"]
"""What a node's next call sees of one; see :class:`LedgerCall`."""

Calls = Mapping[str, Sequence[tuple[int, Record]]]
"""Path of each node to its calls, each with the position of its turn."""


class CallsByNode:
    """The nested calls of a branch, sorted by node; what is known is kept as the branch grows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log: Log[Record] = Log()
        self._calls: dict[str, list[tuple[int, Record]]] = {}

    def of(self, branch: Branch) -> Calls:
        """Return the calls of a branch."""
        with self._lock:
            known, log = self._log, branch.log
            if known.first != log.first or log.shared_with(known) < len(known):
                known, self._calls = log.before(log.first), {}
            for position in range(len(known), len(log)):
                for call in nested_calls(log[position]):
                    self._calls.setdefault(call.node, []).append((position, call))
            self._log = log
            return {path: tuple(calls) for path, calls in self._calls.items()}


def nodes_view(
    branch: Branch, policies: Mapping[str, str], calls: Calls, revision: int
) -> NodesView:
    """Return every node of the program, and those that were once part of it.

    Args:
        branch: The branch.
        policies: Path of each node of the program to what it remembers, in words.
        calls: The branch's calls by node.
        revision: The conversation's revision at which ``branch`` was read.
    """
    paths = dict.fromkeys([*policies, *calls, *branch.nodes])
    nodes = [
        NodeView(
            path=safe(path),
            policy=policies.get(path, ""),
            calls=len(calls.get(path, ())),
            in_sight=_length(branch.nodes.get(path, Node()).open),
            memory=_memory(branch.nodes.get(path)),
            mean_score=_mean(branch, calls.get(path, ())),
        )
        for path in paths
        if path != ROOT
    ]
    memory = clipped(safe(branch.memory)) if branch.memory else None
    return NodesView(revision=revision, memory=memory, nodes=nodes)


def ledger_window(
    branch: Branch, node: str, calls: Calls, revision: int, wanted: range
) -> LedgerWindow:
    """Return some calls of a node; the range may reach beyond their end.

    Raises:
        NotFoundError: No turn of the branch called such a node.
    """
    if node not in calls:
        msg = f"no turn of branch {branch.name!r} called a node {node!r}"
        raise NotFoundError(msg)
    found = calls[node]
    start = min(max(wanted.start, 0), len(found))
    stop = max(start, min(wanted.stop, len(found), start + MOST_CALLS))
    there = branch.nodes.get(node, Node())
    return LedgerWindow(
        revision=revision,
        total=len(found),
        start=start,
        calls=[_call(branch, there, *one) for one in found[start:stop]],
    )


def _call(branch: Branch, node: Node, position: int, call: Record) -> LedgerCall:
    score = branch.mark(call).score
    return LedgerCall(
        turn_id=branch.log[position].id,
        index=position,
        call_id=call.id,
        inputs=previews(call.inputs),
        outputs=output_previews(branch, call),
        score=None if score is None else score.value,
        edited=call.id in branch.edits,
        saw=history_length(branch, call, position),
        sight=sight_of(node, call),
    )


def sight_of(node: Node, call: Record) -> Sight:
    """Return whether the next call of a node may see one that was made."""
    place = node.ledger.position_of(call.id, record_key)
    return "none" if place is None else "ended" if place < node.closed else "open"


def _length(log: Log[Record]) -> int:
    return len(log) - log.first


def _memory(node: Node | None) -> Text | None:
    return clipped(safe(node.memory)) if node is not None and node.memory else None


def _mean(branch: Branch, calls: Sequence[tuple[int, Record]]) -> float | None:
    scores = [mark.score.value for _, call in calls if (mark := branch.mark(call)).score]
    return math.fsum(scores) / len(scores) if scores else None
