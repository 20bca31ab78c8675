"""How marks came about: what differs between two versions of them, at the cost of what differs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from .amendments import Marks
from .log import Log

_SHORT = 10_000
"""A trail grows to this and four times the marks; then another begins."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class MarkTrail:
    """Which records were marked, one after the other, up to one version of the marks."""

    marks: Marks
    """The version that it leads to; marks that came about in another way have no trail."""
    ids: Log[str] = dataclasses.field(default_factory=lambda: Log[str]())

    def on(self, old: Marks, new: Marks, ids: Iterable[str]) -> MarkTrail:
        """Return the trail to marks that differ from older ones in some records."""
        known = self.marks is old and len(self.ids) < 4 * len(old) + _SHORT
        return MarkTrail(new, (self.ids if known else Log[str]()).extend(ids))


def remarked_ids(old: tuple[Marks, MarkTrail], new: tuple[Marks, MarkTrail]) -> set[str]:
    """Return at least the ids of the records whose marks differ between two versions."""
    (before, been), (now, gone) = old, new
    if before is now:
        return set()
    if been.marks is before and gone.marks is now:
        shared = been.ids.shared_with(gone.ids)
        if shared:
            ways = (been.ids, gone.ids)
            return {one for ids in ways for one in ids.between(shared, len(ids))}
    return {one for one in {*before, *now} if before.get(one) is not now.get(one)}
