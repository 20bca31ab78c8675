"""Where nested nodes stand while a call runs: their ledgers, with what was done in the call."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any

from .._tree.log import Log
from .._tree.record import NO_NODES, ROOT, Node, Nodes, Record, Window
from .._tree.window import window_messages
from .memory import Policies
from .walk import innermost

_NEW = Node()

Memories = Mapping[str, "str | None"]
"""Path of each node whose episode has ended to its memory then; None: as it was."""


class Standing:
    """The nodes of one running call. The state itself changes only when the call has ended.

    Args:
        nodes: Where they stood when it began.
        policies: What each remembers.
        shapes: What the modules and sessions among them take and give, by path.
    """

    def __init__(self, nodes: Nodes, policies: Policies, shapes: Mapping[str, Any]) -> None:
        self.nodes, self.policies, self.shapes = nodes, policies, shapes
        self.ended: list[Record] = []
        """The nested calls that have ended, at any depth, in the order in which they did."""
        self._ledgers: dict[str, Log[Record]] = {}
        self._lock = threading.Lock()

    def elsewhere(self, nodes: Nodes) -> Standing:
        """Return the same nodes as they stood somewhere else, for a call that leaves no trace."""
        return Standing(nodes, self.policies, self.shapes)

    def node(self, path: str) -> Node:
        """Return where a node stands now."""
        node, ledger = self.nodes.get(path, _NEW), self._ledgers.get(path)
        return node if ledger is None else dataclasses.replace(node, ledger=ledger)

    def now(self) -> Nodes:
        """Return where every node stands now."""
        with self._lock:
            changed = list(self._ledgers)
        return {**self.nodes, **{path: self.node(path) for path in changed}}

    def add(self, record: Record) -> None:
        """Take in a nested call that has ended; calls of its node see it from now on."""
        path = record.node
        with self._lock:
            self.ended.append(record)
            if self.policies.of(path).keeps:
                ledger = self._ledgers.get(path)
                if ledger is None:
                    ledger = self.nodes.get(path, _NEW).ledger.apart()
                self._ledgers[path] = ledger.append(record)

    def memory(self, path: str) -> str:
        """Return the memory that a node reads: its own, or that of what it is part of."""
        found = (self.nodes[one].memory for one in self._owners(path) if one in self.nodes)
        return next((memory for memory in found if memory), "")

    def remembers(self, path: str) -> bool:
        """Whether the node, or what it is part of, has its episodes consolidated."""
        return any(self.policies.of(one).consolidator for one in self._owners(path))

    def _owners(self, path: str) -> list[str]:
        return [path, *innermost(self.policies.units, path), ROOT]

    def after(
        self, before: Nodes, calls: tuple[Record, ...], memories: Memories, turns: int
    ) -> Nodes:
        """Return where every node stands once the call is part of the state.

        Args:
            before: Where they stand in the state now; a call within the call may have moved them.
            calls: The nested calls as they are recorded.
            memories: What became of the episodes that have ended.
            turns: How many turns the program has had then.
        """
        if not self.ended and not memories:
            return before
        recorded = {one.id: one for call in calls for one in (call, *call.nested())}
        nodes = dict(before)
        for ended in self.ended:
            node = nodes.get(ended.node, _NEW)
            record = recorded.get(ended.id)
            if record is not None and self.policies.of(ended.node).keeps:
                node = dataclasses.replace(node, ledger=node.ledger.append(record))
            nodes[ended.node] = node
        for path, memory in memories.items():
            node = nodes.get(path, _NEW)
            kept = node.memory if memory is None else memory
            closed = turns if path == ROOT else len(node.ledger)
            nodes[path] = dataclasses.replace(node, memory=kept, closed=closed)
        return nodes or NO_NODES

    def placed(self, calls: tuple[Record, ...], before: Nodes) -> tuple[Record, ...]:
        """Return nested calls whose windows hold good behind the nodes as they stand in the state.

        A call within the call may have been recorded first. The positions of calls that saw calls
        of their own turn would then be taken: those keep what they saw by value.
        """
        moved = {
            path for path in self._ledgers if _length(self.nodes, path) != _length(before, path)
        }
        return tuple(self._placed(call, moved) for call in calls) if moved else calls

    def _placed(self, call: Record, moved: set[str]) -> Record:
        calls = tuple(self._placed(inner, moved) for inner in call.calls)
        window, path = call.window, call.saw or call.node
        if path in moved and window.given is None and window.stop > _length(self.nodes, path):
            window = self._by_value(window, path)
        return dataclasses.replace(call, calls=calls, window=window)

    def _by_value(self, window: Window, path: str) -> Window:
        messages = window_messages(window, self._ledgers[path], window.edits)
        return Window(given=tuple(messages), fields=window.fields)


def _length(nodes: Nodes, path: str) -> int:
    return len(nodes.get(path, _NEW).ledger)
