"""What the marks of a branch add up to: mean score, names of scores, labels."""

from __future__ import annotations

import dataclasses
import math
import operator
import threading
from collections.abc import Iterable, Sequence

from ..._tree.branch import Branch
from ..._tree.record import record_key
from .recorded import FieldFacts
from .rows import positions_of

BLOCK = 500
"""Turns that are added up together; what changes costs its block, not its branch."""

_id = operator.attrgetter("id")


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """What the marks of some turns add up to; those of nested calls lie beside them."""

    scored: int = 0
    total: float = 0.0
    """The sum of the scores that count."""
    names: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()

    @property
    def mean(self) -> float | None:
        """The mean of the scores that count."""
        return self.total / self.scored if self.scored else None


NOTHING = Tally()

_Known = tuple[Branch, dict[int, Tally], Tally]
"""A branch, the tallies of its blocks, and what they add up to."""


class MarkFacts:
    """What the branches of a conversation add up to; and the fields of their turns.

    A branch of 100,000 scored turns takes a moment to add up. So what is known of its blocks is
    kept, and serves its next version and its forks wherever they have the same turns and marks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self.fields = FieldFacts()

    def of_all(self, branches: Sequence[Branch]) -> list[Tally]:
        """Return what the turns of each branch add up to; others than these are forgotten."""
        with self._lock:
            now: dict[str, _Known] = {}
            for branch in branches:
                known = self._known.get(branch.key) or now.get(branch.parent or "")
                now[branch.key] = _tallied(branch, known)
            self._known = now
        return [now[branch.key][2] for branch in branches]


def _tallied(branch: Branch, known: _Known | None) -> _Known:
    tallies: dict[int, Tally] = {}
    if known is not None:
        old, tallies, sum_ = known
        if old.marks is branch.marks and old.log is branch.log:
            return branch, tallies, sum_
        tallies = _still_true(branch, old, tallies)
    if not branch.marks:
        return branch, {}, NOTHING
    turns = positions_of(branch)
    blocks = range(turns.start // BLOCK, -(-turns.stop // BLOCK))
    found = {
        block: tallies[block] if block in tallies else tally(branch, _span(branch, block))
        for block in blocks
    }
    return branch, found, _sum(found.values())


def _still_true(branch: Branch, old: Branch, tallies: dict[int, Tally]) -> dict[int, Tally]:
    """The tallies of an older version, or of another branch, that count for this one."""
    shared = branch.log.shared_with(old.log)
    changed = {
        position // BLOCK
        for one in branch.remarked(old)
        if (position := branch.log.position_of(one, record_key)) is not None
    }
    # A block counts as a whole: where turns were forgotten, only one that lies behind them.
    forgotten = 0 if branch.log.first == old.log.first else max(branch.log.first, old.log.first)
    alike = shared == len(branch.log) == len(old.log)
    whole = range(-(-forgotten // BLOCK), -(-shared // BLOCK) if alike else shared // BLOCK)
    return {
        block: tally for block, tally in tallies.items() if block in whole and block not in changed
    }


def _span(branch: Branch, block: int) -> range:
    turns = positions_of(branch)
    return range(max(block * BLOCK, turns.start), min((block + 1) * BLOCK, turns.stop))


def tally(branch: Branch, span: range) -> Tally:
    """Return what the marks of some consecutive turns add up to."""
    if not branch.marks:
        return NOTHING
    values: list[float] = []
    names: set[str] = set()
    labels: set[str] = set()
    for mark in map(branch.marks.get, map(_id, branch.log.between(span.start, span.stop))):
        if mark is None:
            continue
        score = mark.score
        if score is not None:
            values.append(score.value)
            names.update(mark.scores)
        if mark.label:
            labels.add(mark.label)
    return Tally(len(values), math.fsum(values), frozenset(names), frozenset(labels))


def _sum(tallies: Iterable[Tally]) -> Tally:
    some = [one for one in tallies if one is not NOTHING]
    return Tally(
        sum(one.scored for one in some),
        math.fsum(one.total for one in some),
        frozenset[str]().union(*(one.names for one in some)),
        frozenset[str]().union(*(one.labels for one in some)),
    )
