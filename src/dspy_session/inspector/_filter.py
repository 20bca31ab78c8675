"""Which turns of a branch are wanted, and in which order."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import cast

from .._tree.branch import Branch
from ._rows import positions_of
from ._shapes import Filter
from ._text import as_text

Test = Callable[[int], bool]

_KEPT = 16
"""Filtered branches to remember; each costs eight bytes a turn."""


def matches(branch: Branch, wanted: Filter) -> list[int]:
    """Return the positions of the turns that pass a filter, in the order it asks for.

    Turns without a score come last when sorted by score, whichever way.
    """
    tests = _tests(branch, wanted)
    found = [one for one in positions_of(branch) if all(test(one) for test in tests)]
    if wanted.get("sort") == "score":
        found = _by_score(branch, found, wanted)
    elif wanted.get("descending"):
        found.reverse()
    return found


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
        text = wanted["search"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
        tests.append(lambda one: holds(branch, one, text))
    return tests


def holds(branch: Branch, position: int, text: str) -> bool:
    """Whether a turn holds a text in any input, output, label or note, in whichever case."""
    return text.casefold() in _searched(branch, position)


def _searched(branch: Branch, position: int) -> str:
    """All text of a turn, in one string; a NUL keeps neighbours apart."""
    record = branch.log[position]
    mark = branch.mark(record)
    values = [*record.inputs.values(), *branch.outputs(record).values()]
    texts = [*map(as_text, values), mark.label or "", mark.note or ""]
    return "\0".join(texts).casefold()


class FilteredBranches:
    """Remembers what filters found. Branches are values: the same one always gives the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, str], tuple[Branch, list[int]]] = OrderedDict()

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
        if known is not None and known[0] is branch:
            return known[1]
        found = matches(branch, cast("Filter", active))
        with self._lock:
            self._found[key] = branch, found
            self._found.move_to_end(key)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return found


def _counts(name: str, value: object) -> bool:
    """Whether one part of a filter filters anything. False means something for two of them."""
    if value is False:
        return name in ("scored", "excluded")
    return value is not None and value != ""
