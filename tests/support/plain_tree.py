"""A conversation that copies everything: slow, obvious, and what the real one is compared with."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass
class PlainCall:
    """One nested call, with a copy of the history it saw."""

    id: str
    node: str
    inputs: Fields
    outputs: Fields
    seen: list[Fields]
    sources: list[str | None]
    """Id of the turn or call that each message came from; None for a message without one."""


class PlainLedger(list):
    """The calls of a node; those before ``closed`` are of ended episodes."""

    memory = ""
    closed = 0


@dataclass
class PlainTurn:
    """One turn, with a copy of the history it saw and of every ledger as it stood before."""

    id: str
    inputs: Fields
    outputs: Fields
    seen: list[Fields]
    sources: list[str | None]
    calls: list[PlainCall]
    before: dict[str, PlainLedger]
    after: dict[str, PlainLedger] = field(default_factory=dict)


@dataclass
class PlainMark:
    """What a person added to a turn."""

    scores: dict[str, float] = field(default_factory=dict)
    score: float | None = None
    label: str | None = None
    note: str | None = None
    excluded: bool = False


@dataclass
class PlainBranch:
    """A list of turns, and everything that hangs on it."""

    name: str
    order: int
    seed: list[Fields]
    turns: list[PlainTurn] = field(default_factory=list)
    first: int = 0
    ahead: list[PlainTurn] | None = None
    ledgers: dict[str, PlainLedger] = field(default_factory=dict)
    edits: dict[str, Fields] = field(default_factory=dict)
    marks: dict[str, PlainMark] = field(default_factory=dict)
    parent: int | None = None
    forked_at: int = 0
    starred: bool = False
    given: list[Fields] | None = None
    """The history that was passed to a replay, in place of the branch's own."""

    @property
    def visible(self) -> list[PlainTurn]:
        return self.turns[self.first :]

    def outputs(self, one: PlainTurn | PlainCall) -> Fields:
        return {**one.outputs, **self.edits.get(one.id, {})}

    def mark(self, turn: PlainTurn) -> PlainMark:
        return self.marks.setdefault(turn.id, PlainMark())

    # --- what a call sees --------------------------------------------------------------------

    def past(self, max_turns: int | None) -> tuple[list[Fields], list[str | None]]:
        """The conversation as the next call sees it."""
        if self.given is not None:
            return copy.deepcopy(self.given), [None] * len(self.given)
        messages = copy.deepcopy(self.seed)
        sources: list[str | None] = [None] * len(messages)
        for turn in self.visible:
            messages.append(copy.deepcopy({**turn.inputs, **self.outputs(turn)}))
            sources.append(turn.id)
        start = 0 if max_turns is None else max(0, len(messages) - max_turns)
        return messages[start:], sources[start:]

    def node_past(self, node: str, max_turns: int | None) -> tuple[list[Fields], list[str | None]]:
        """A node's own calls of the turns that the next call sees."""
        turns = self.visible
        if max_turns is not None:
            turns = turns[max(0, len(turns) - max_turns) :]
        calls = [call for turn in turns for call in turn.calls if call.node == node]
        seen = [copy.deepcopy({**call.inputs, **self.outputs(call)}) for call in calls]
        return seen, [call.id for call in calls]

    def seen_now(self, one: PlainTurn | PlainCall) -> list[Fields]:
        """What the same call would see now, found by building it again from scratch."""
        sources = {source.id: source for turn in self.turns for source in (turn, *turn.calls)}
        return [
            message
            if source is None
            else {**sources[source].inputs, **self.outputs(sources[source])}
            for message, source in zip(one.seen, one.sources, strict=True)
        ]

    # --- changes -----------------------------------------------------------------------------

    def append(self, turn: PlainTurn, keep: int | None) -> None:
        self.turns.append(turn)
        self.take_in(turn.calls)
        turn.after = copy.deepcopy(self.ledgers)
        self.ahead = None
        if keep is not None:
            self.first = max(self.first, len(self.turns) - keep)

    def take_in(self, calls: list[PlainCall]) -> None:
        for call in calls:
            self.ledgers.setdefault(call.node, PlainLedger()).append(copy.deepcopy(call))

    def cut(self, length: int) -> bool:
        if length == len(self.turns):
            return False
        self.ahead = self.ahead or copy.deepcopy(self.turns)
        self.ledgers = copy.deepcopy(self.turns[length].before)
        del self.turns[length:]
        return True

    def advance(self, steps: int) -> bool:
        if self.ahead is None or not steps:
            return False
        for turn in copy.deepcopy(self.ahead[len(self.turns) : len(self.turns) + steps]):
            self.turns.append(turn)
            self.ledgers = copy.deepcopy(turn.after)
        if len(self.turns) == len(self.ahead):
            self.ahead = None
        return True

    def empty(self) -> None:
        self.turns, self.first, self.ahead, self.ledgers = [], 0, None, {}

    def edit(self, turn: PlainTurn, outputs: Fields) -> bool:
        before = copy.deepcopy(self.edits)
        self._lay_over(turn, outputs)
        for call in turn.calls:
            shared = {
                name: value
                for name, value in outputs.items()
                if name in call.outputs and call.outputs[name] == turn.outputs.get(name)
            }
            self._lay_over(call, shared)
        return self.edits != before

    def _lay_over(self, one: PlainTurn | PlainCall, outputs: Fields) -> None:
        edited = {**self.edits.get(one.id, {}), **outputs}
        edited = {
            name: value
            for name, value in edited.items()
            if name not in one.outputs or one.outputs[name] != value
        }
        self.edits.pop(one.id, None)
        if edited:
            self.edits[one.id] = edited


@dataclass
class PlainConversation:
    """Every branch; undo keeps a copy of all of them."""

    branches: dict[int, PlainBranch]
    undone: list[tuple[str, dict[int, PlainBranch]]] = field(default_factory=list)
    done: list[tuple[str, dict[int, PlainBranch]]] = field(default_factory=list)
    made: int = 1

    def copied(self) -> dict[int, PlainBranch]:
        return copy.deepcopy(self.branches)

    def acted(self, what: str, before: dict[int, PlainBranch]) -> None:
        self.done.append((what, before))
        self.undone.clear()

    def undo(self) -> None:
        what, before = self.done.pop()
        self.undone.append((what, self.copied()))
        self.branches = before

    def redo(self) -> None:
        what, after = self.undone.pop()
        self.done.append((what, self.copied()))
        self.branches = after

    def add(self, source: PlainBranch, length: int, name: str) -> PlainBranch:
        new = copy.deepcopy(source)
        new.cut(length)
        new.name, new.order, new.ahead = name, self.made, None
        new.parent, new.forked_at, new.starred = source.order, length, False
        return new

    def free_name(self, kind: str) -> str:
        taken = {branch.name for branch in self.branches.values()}
        return next(f"{kind}-{n}" for n in range(1, 1000) if f"{kind}-{n}" not in taken)

    def prune(self, order: int) -> None:
        gone = self.branches.pop(order)
        for branch in self.branches.values():
            if branch.parent == order:
                branch.parent = gone.parent
                branch.forked_at = min(branch.forked_at, gone.forked_at)
