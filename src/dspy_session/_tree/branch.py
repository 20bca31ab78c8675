"""One branch of a conversation: an immutable value for the program and all nodes nested in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import TurnNotFoundError
from .amendments import NO_EDITS, NO_MARK, NO_MARKS, Edits, Mark, Marks
from .log import Log
from .record import NO_NODES, ROOT, Node, Nodes, Record, Window, new_id, record_key
from .stale import StaleMarks
from .trail import MarkTrail, remarked_ids
from .values import Fields
from .window import window_messages


@dataclasses.dataclass(frozen=True, slots=True)
class Branch:
    """A named line of turns, and what people added to them. Every change gives a new value."""

    key: str = dataclasses.field(default_factory=new_id)
    name: str = "main"
    log: Log[Record] = dataclasses.field(default_factory=lambda: Log[Record]())
    seed: tuple[Fields, ...] | None = None
    """History messages from before the first turn; None: none were given."""
    nodes: Nodes = dataclasses.field(default_factory=lambda: NO_NODES)
    """Where every nested node stands now."""
    ahead: Log[Record] | None = None
    """The log before turns were undone; redo moves along it."""
    edits: Edits = NO_EDITS
    marks: Marks = NO_MARKS
    trail: MarkTrail = dataclasses.field(
        default_factory=lambda: MarkTrail(NO_MARKS), repr=False, compare=False
    )
    """How the marks came about."""
    parent: str | None = None
    """Key of the branch this one was forked from."""
    forked_at: int = 0
    """Turns shared with the parent when it was forked."""
    starred: bool = False
    order: int = 0
    """Counts the branches of a conversation as they are made."""
    _stale: list[StaleMarks] = dataclasses.field(
        default_factory=list, init=False, repr=False, compare=False
    )
    """Made when first asked for; every change of the branch begins without it."""

    @property
    def memory(self) -> str:
        """The program's own consolidated memory."""
        return self.nodes[ROOT].memory if ROOT in self.nodes else ""

    # --- reading ---------------------------------------------------------------------------

    def position(self, turn_id: str) -> int:
        """Return the position of a turn, found by its id."""
        position = self.log.position_of(turn_id, record_key)
        if position is None:
            msg = f"branch {self.name!r} has no turn with id {turn_id!r}; it may have been undone"
            raise TurnNotFoundError(msg)
        return position

    def record(self, index: int) -> Record:
        """Return the turn at a position; negative positions count from the end."""
        position = index + len(self.log) if index < 0 else index
        if not self.log.first <= position < len(self.log):
            count = len(self.log) - self.log.first
            where = f"{self.log.first} to {len(self.log) - 1}" if count else "none"
            msg = f"no turn {index} on branch {self.name!r}: its turns are {where}"
            raise TurnNotFoundError(msg)
        return self.log[position]

    def outputs(self, record: Record) -> Fields:
        """Return the outputs that count: as recorded, with the edits laid over them."""
        edited = self.edits.get(record.id)
        return {**record.outputs, **edited} if edited else record.outputs

    def mark(self, record: Record) -> Mark:
        """Return scores, label, note and exclusion of a turn or nested call."""
        return self.marks.get(record.id, NO_MARK)

    def node_log(self, record: Record, index: int) -> Log[Record]:
        """Return the log that a call's window counts in: the conversation, or its own ledger."""
        path = record.saw or record.node
        if path == ROOT:
            return self.log
        own = self.nodes[record.node].ledger if record.node in self.nodes else Log[Record]()
        present = own.position_of(record.id, record_key) is not None
        nodes = self.nodes if present else self.log[index].after
        return nodes[path].ledger if path in nodes else Log[Record]()

    def messages_seen(self, record: Record, index: int) -> list[dict[str, Any]]:
        """Return the history as the model saw it; ``index`` is the turn the call belongs to."""
        return window_messages(record.window, self.node_log(record, index), record.window.edits)

    def messages_now(self, record: Record, index: int) -> list[dict[str, Any]]:
        """Return the history that the same call would see now."""
        return window_messages(record.window, self.node_log(record, index), self.edits)

    def nodes_seen(self, record: Record) -> Nodes:
        """Return where nested nodes stood when a turn began, as far back as it looked."""
        return nodes_within(record.before, self.log, record.window)

    def stale_because(self, record: Record, index: int) -> list[int]:
        """Return positions of the turns that read differently now than when this call saw them."""
        log = self.node_log(record, index)
        if log is not self.log:
            return StaleMarks(log, self.edits).within(record.window)
        if not self._stale:
            self._stale.append(StaleMarks(log, self.edits))
        return self._stale[0].within(record.window)

    def is_stale(self, position: int) -> bool:
        """Whether the turn at a position saw something else than its history is now."""
        return bool(self.stale_because(self.log[position], position))

    # --- changing --------------------------------------------------------------------------

    def appended(self, record: Record, *, keep: int | None = None) -> Branch:
        """Return the branch with one more turn; older turns than the last ``keep`` go."""
        log, nodes = self.log.append(record), record.after or self.nodes
        if keep is not None and len(log) - log.first > keep:
            first = len(log) - keep
            # What the kept turns and their nested calls saw must stay readable.
            windows = [kept.window for kept in log.between(first, len(log))]
            seen = [window.start for window in windows if window.given is None]
            oldest = log.reaching_back_to(min(first - keep, *seen, first))
            nodes = _forgetting(nodes, log[first].before, oldest[oldest.first].before)
            log = log.forget_before(first, keep_from=oldest.first)
        return dataclasses.replace(self, log=log, nodes=nodes, ahead=None)

    def cut(self, length: int) -> Branch:
        """Return the branch as it stood when it had ``length`` turns; redo can go forward again."""
        if length == len(self.log):
            return self
        return dataclasses.replace(
            self,
            log=self.log.before(length),
            nodes=self.log[length].before,
            ahead=self.ahead or self.log,
        )

    def advanced(self, length: int) -> Branch:
        """Return the branch moved forward again, to at most ``length`` turns."""
        if self.ahead is None or len(self.log) >= min(length, len(self.ahead)):
            return self
        log = self.ahead.before(min(length, len(self.ahead)))
        newest = log[len(log) - 1]
        ahead = self.ahead if len(log) < len(self.ahead) else None
        return dataclasses.replace(self, log=log, nodes=newest.after, ahead=ahead)

    def emptied(self, seed: tuple[Fields, ...] | None) -> Branch:
        """Return the branch with no turns, no node memories, and the given seed."""
        return dataclasses.replace(self, log=Log(), nodes=NO_NODES, ahead=None, seed=seed)

    def forked(self, length: int, name: str, order: int) -> Branch:
        """Return a new branch with this one's first ``length`` turns and their amendments."""
        cut = self.cut(length)
        return dataclasses.replace(
            cut,
            key=new_id(),
            name=name,
            ahead=None,
            parent=self.key,
            forked_at=length,
            starred=False,
            order=order,
        )

    def remembering(self, memory: str) -> Branch:
        """Return the branch with another memory of the program itself."""
        if memory == self.memory:
            return self
        root = dataclasses.replace(self.nodes.get(ROOT, Node()), memory=memory)
        return dataclasses.replace(self, nodes={**self.nodes, ROOT: root})

    def edited(self, record_id: str, outputs: Mapping[str, Any] | None) -> Branch:
        """Return the branch with a turn's edited fields replaced; None: as recorded again."""
        if outputs:
            edits = self.edits.insert(record_id, dict(outputs))
        else:
            edits = self.edits.discard(record_id) if record_id in self.edits else self.edits
            edits = edits or NO_EDITS  # one empty map, which compares at once
        return self.marked(record_id).with_edits(edits)

    def with_edits(self, edits: Edits) -> Branch:
        """Return the branch with other edits."""
        return dataclasses.replace(self, edits=edits)

    def marked(self, record_id: str, mark: Mark | None = None) -> Branch:
        """Return the branch with another mark on a turn, and its version counted up."""
        old = self.marks.get(record_id, NO_MARK)
        new = dataclasses.replace(mark or old, version=old.version + 1)
        return self._with_marks(self.marks.insert(record_id, new), (record_id,))

    def marked_all(self, marks: Iterable[tuple[str, Mark]]) -> Branch:
        """Return the branch with many marks set at once."""
        branch_marks, ids = self.marks, list[str]()
        for record_id, mark in marks:
            old = branch_marks.get(record_id, NO_MARK)
            new = dataclasses.replace(mark, version=old.version + 1)
            branch_marks = branch_marks.insert(record_id, new)
            ids.append(record_id)
        return self._with_marks(branch_marks, ids) if ids else self

    def _with_marks(self, marks: Marks, ids: Sequence[str]) -> Branch:
        return dataclasses.replace(self, marks=marks, trail=self.trail.on(self.marks, marks, ids))

    def remarked(self, old: Branch) -> set[str]:
        """Return at least the ids of the records whose marks or edits differ from another branch's.

        Costs what differs, where one came from the other or both from a third.
        """
        return remarked_ids((old.marks, old.trail), (self.marks, self.trail))


def nodes_within(nodes: Nodes, log: Log[Record], window: Window) -> Nodes:
    """Return nested nodes with only those calls in sight that belong to a window's turns.

    Calls from before the first turn are in sight when that turn is.
    """
    if window.given is not None or not nodes:
        return nodes
    turns = log.reaching_back_to(window.start)
    oldest = turns[turns.first] if turns.first < window.stop else None
    if turns.first == window.start == 0 and (oldest is not None or not len(log)):
        return {
            path: dataclasses.replace(node, ledger=node.ledger.reaching_back_to(0))
            for path, node in nodes.items()
        }
    within: dict[str, Node] = {}
    for path, node in nodes.items():
        start = len(node.ledger)
        if oldest is not None:
            start = len(oldest.before[path].ledger) if path in oldest.before else 0
        within[path] = dataclasses.replace(node, ledger=node.ledger.reaching_back_to(start))
    return within


def _forgetting(nodes: Nodes, in_sight: Nodes, kept: Nodes) -> Nodes:
    """Return nested nodes without the calls from before ``in_sight``, kept back to ``kept``."""

    def length(then: Nodes, path: str) -> int:
        return len(then[path].ledger) if path in then else 0

    return {
        path: dataclasses.replace(
            node,
            ledger=node.ledger.forget_before(length(in_sight, path), keep_from=length(kept, path)),
        )
        for path, node in nodes.items()
    }
