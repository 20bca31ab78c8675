"""One conversation inside another: a branch becomes what a node has done so far."""

from __future__ import annotations

import dataclasses

from .branch import Branch
from .log import Log
from .record import ROOT, Node, Nodes, Record


def grafted(branch: Branch, path: str, inner: Branch) -> Branch:
    """Return a branch with another one's turns as the calls of a node, amendments too.

    Args:
        branch: The branch of the program around.
        path: The path of the node.
        inner: The branch of the session that becomes the node.
    """
    graft = _Graft(path, inner)
    edits, marks = branch.edits, branch.marks
    for record_id, fields in inner.edits.items():
        edits = edits.insert(record_id, fields)
    for record_id, mark in inner.marks.items():
        marks = marks.insert(record_id, mark)
    nodes = {**branch.nodes, **graft.nodes()}
    return dataclasses.replace(branch, nodes=nodes, edits=edits, marks=marks)


class _Graft:
    """Renames the paths in a branch's records; a record in several logs stays one record."""

    def __init__(self, path: str, inner: Branch) -> None:
        self.path, self.inner = path, inner
        self.made: dict[str, Record] = {}
        self.ledgers: dict[str, Log[Record]] = {}

    def nodes(self) -> Nodes:
        inner = self.inner
        for path, node in inner.nodes.items():
            if path != ROOT:
                self.ledgers[path] = node.ledger.replaced(self.renamed)
        log = inner.log.replaced(self.renamed)
        closed = inner.nodes[ROOT].closed if ROOT in inner.nodes else 0
        return {self.path: Node(log, inner.memory, closed), **self.standing(inner.nodes)}

    def name(self, path: str) -> str:
        return self.path if path == ROOT else f"{self.path}.module.{path}"

    def renamed(self, record: Record) -> Record:
        if record.id not in self.made:
            self.made[record.id] = dataclasses.replace(
                record,
                node=self.name(record.node),
                calls=tuple(self.renamed(call) for call in record.calls),
                before=self.standing(record.before),
                after={},
                saw=None if record.saw is None else self.name(record.saw),
            )
        return self.made[record.id]

    def standing(self, nodes: Nodes) -> Nodes:
        return {
            self.name(path): dataclasses.replace(node, ledger=self.ledger(path, node.ledger))
            for path, node in nodes.items()
            if path in self.ledgers
        }

    def ledger(self, path: str, old: Log[Record]) -> Log[Record]:
        whole = self.ledgers[path].reaching_back_to(0)
        return whole.before(max(len(old), whole.first)).reaching_back_to(old.first)
