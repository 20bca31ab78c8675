"""What people add to recorded turns later: it lies beside the recording, per branch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

from rpds import HashTrieMap

from .values import Fields, same_fields

Edits: TypeAlias = "HashTrieMap[str, Mapping[str, Any]]"
"""Record id to edited output fields."""

Marks: TypeAlias = "HashTrieMap[str, Mark]"
"""Record id to what else was added."""


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """A number somebody or some metric gave, and why."""

    value: float
    feedback: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """Scores, label, note and exclusion of one record."""

    scores: Mapping[str, Score] = dataclasses.field(default_factory=dict[str, Score])
    """By metric name, in the order first given; ``hand`` is a person's."""
    latest: str | None = None
    """Name of the score given last: the one that counts as *the* score."""
    label: str | None = None
    note: str | None = None
    excluded: bool = False
    version: int = 0
    """Counts the amendments of this record on this branch, edits included."""

    @property
    def score(self) -> Score | None:
        """The score that counts."""
        return None if self.latest is None else self.scores.get(self.latest)

    def scored(self, name: str, score: Score | None) -> Mark:
        """Return the mark with a score given, or with None taken away."""
        scores = {key: value for key, value in self.scores.items() if key != name or score}
        if score is not None:
            scores[name] = score
            return dataclasses.replace(self, scores=scores, latest=name)
        latest = self.latest if self.latest in scores else next(reversed(scores), None)
        return dataclasses.replace(self, scores=scores, latest=latest)


HAND = "hand"
"""The name of a score that a person gave."""

NO_MARK = Mark()
NO_EDITS: Edits = HashTrieMap()
NO_MARKS: Marks = HashTrieMap()


def changed_ids(old: Edits, new: Edits) -> set[str]:
    """Return the ids of the records whose edits differ between two versions."""
    if old is new:
        return set()
    return {one for one in {*old, *new} if not _same(old.get(one), new.get(one))}


def _same(left: Fields | None, right: Fields | None) -> bool:
    if left is None or right is None:
        return left is right
    return left is right or same_fields(left, right)
