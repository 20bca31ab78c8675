"""Which turns of a branch are wanted, and in which order."""

from __future__ import annotations

import dataclasses
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from ..._tree.branch import Branch
from ..._tree.record import record_key
from .._protocol.shapes import Filter
from .rows import positions_of
from .text import as_text

Test = Callable[[int], bool]

_KEPT = 16
"""Filtered branches to remember; each costs up to sixteen bytes a turn."""


def matches(branch: Branch, wanted: Filter) -> list[int]:
    """Return the positions of the turns that pass a filter, in the order it asks for.

    Turns without a score come last when sorted by score, whichever way.
    """
    return _ordered(branch, _passing(branch, wanted, positions_of(branch)), wanted)


def _passing(branch: Branch, wanted: Filter, positions: Iterable[int]) -> list[int]:
    tests = _tests(branch, wanted)
    return [one for one in positions if all(test(one) for test in tests)]


def _ordered(branch: Branch, found: list[int], wanted: Filter) -> list[int]:
    if wanted.get("sort") == "score":
        return _by_score(branch, found, wanted)
    return found[::-1] if wanted.get("descending") else found


def _by_score(branch: Branch, found: list[int], wanted: Filter) -> list[int]:
    name, descending = wanted.get("score_name"), wanted.get("descending", False)
    scores = {one: score for one in found if (score := score_of(branch, one, name)) is not None}
    sign = -1 if descending else 1
    scored = sorted(scores, key=lambda one: sign * scores[one])
    return scored + [one for one in found if one not in scores]


def score_of(branch: Branch, position: int, name: str | None = None) -> float | None:
    """Return a turn's score of a name; without a name, the score that counts."""
    mark = branch.mark(branch.log[position])
    score = mark.scores.get(name) if name else mark.score
    return None if score is None else score.value


def _tests(branch: Branch, wanted: Filter) -> list[Test]:
    """The tests that a filter asks for, cheap ones first."""
    return [
        *_mark_tests(branch, wanted),
        *_score_tests(branch, wanted),
        *_text_tests(branch, wanted),
    ]


def _mark_tests(branch: Branch, wanted: Filter) -> list[Test]:
    tests: list[Test] = []
    label, excluded = wanted.get("label"), wanted.get("excluded")
    if wanted.get("edited"):
        tests.append(lambda one: branch.log[one].id in branch.edits)
    if label is not None:
        tests.append(lambda one: branch.mark(branch.log[one]).label == label)
    if excluded is not None:
        tests.append(lambda one: branch.mark(branch.log[one]).excluded == excluded)
    return tests


def _score_tests(branch: Branch, wanted: Filter) -> list[Test]:
    tests: list[Test] = []
    least, most = wanted.get("min_score"), wanted.get("max_score")
    scored, name = wanted.get("scored"), wanted.get("score_name")

    def score(position: int) -> float | None:
        return score_of(branch, position, name)

    if scored is not None:
        tests.append(lambda one: (score(one) is not None) == scored)
    if least is not None:
        tests.append(lambda one: (value := score(one)) is not None and value >= least)
    if most is not None:
        tests.append(lambda one: (value := score(one)) is not None and value <= most)
    return tests


def _text_tests(branch: Branch, wanted: Filter) -> list[Test]:
    tests: list[Test] = []
    if wanted.get("stale"):
        tests.append(branch.is_stale)
    if wanted.get("search"):
        text = folded(wanted)
        tests.append(lambda one: holds(branch, one, text))
    return tests


def holds(branch: Branch, position: int, folded: str) -> bool:
    """Whether a turn holds a text, its case folded, in any input, output, label or note."""
    record = branch.log[position]
    for value in (*record.inputs.values(), *branch.outputs(record).values()):
        if folded in as_text(value).casefold():
            return True
    mark = branch.mark(record)
    return any(folded in text.casefold() for text in (mark.label, mark.note) if text)


def folded(wanted: Filter) -> str:
    """Return the text that a filter searches for, whatever its case."""
    return (wanted.get("search") or "").casefold()


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    branch: Branch
    wanted: Filter
    passed: list[int]
    """Positions that passed, oldest first."""
    ordered: list[int]


class FilteredBranches:
    """Remembers what filters found. Branches are values: the same one always gives the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, str], _Found] = OrderedDict()

    def positions(self, branch: Branch, wanted: Filter) -> Sequence[int]:
        """Return the positions of the turns that pass; costs nothing without a filter."""
        active = {name: value for name, value in wanted.items() if _counts(name, value)}
        if not active or (
            active.keys() <= {"sort", "score_name"} and wanted.get("sort") != "score"
        ):
            return positions_of(branch)
        key = branch.key, repr(sorted(active.items()))
        with self._lock:
            known = self._found.get(key)
        if known is not None and known.branch is branch:
            return known.ordered
        wanted = cast("Filter", active)
        passed = self._passed(branch, wanted, known)
        found = _Found(branch, wanted, passed, _ordered(branch, passed, wanted))
        with self._lock:
            self._found[key] = found
            self._found.move_to_end(key)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return found.ordered

    def _passed(self, branch: Branch, wanted: Filter, known: _Found | None) -> list[int]:
        """The positions that pass; only turns are looked at of which that is not known."""
        if known is not None and _comparable(known.branch, branch, wanted):
            unsure, kept = _since(known, branch)
            return sorted(kept + _passing(branch, wanted, unsure))
        with self._lock:
            wider = [one for one in self._found.values() if _is_wider(one, branch, wanted)]
        candidates = [one.passed for one in wider]
        return _passing(branch, wanted, min(candidates, key=len, default=positions_of(branch)))


def _comparable(old: Branch, new: Branch, wanted: Filter) -> bool:
    """Whether turns that both branches have pass alike where their marks are the same."""
    # An edit makes turns stale that it does not touch.
    return old.log.first <= new.log.first and not (
        wanted.get("stale") and old.edits is not new.edits
    )


def _since(known: _Found, branch: Branch) -> tuple[list[int], list[int]]:
    """The turns that are new or changed since a filter was used, and those that still pass."""
    shared = max(branch.log.shared_with(known.branch.log), branch.log.first)
    ids = branch.remarked(known.branch)
    places = (branch.log.position_of(one, record_key) for one in ids)
    changed = {one for one in places if one is not None and one < shared}
    first, last = (bisect_left(known.passed, one) for one in (branch.log.first, shared))
    kept = [one for one in known.passed[first:last] if one not in changed]
    return [*changed, *range(shared, len(branch.log))], kept


def _is_wider(known: _Found, branch: Branch, wanted: Filter) -> bool:
    """Whether all turns that pass a filter passed a known one: as while a text is being typed."""
    return (
        known.branch is branch
        and folded(known.wanted) in folded(wanted)
        and ({**known.wanted, **_ANY} == {**wanted, **_ANY})
    )


_ANY = {"search": None, "sort": None, "descending": None}
"""The parts of a filter by which two may differ of which one is wider."""


def _counts(name: str, value: object) -> bool:
    """Whether one part of a filter filters anything. False means something for two of them."""
    if value is False:
        return name in ("scored", "excluded")
    return value is not None and value != ""
