"""The tree as the page draws it: every branch, each turn once, of long runs only the ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..._tree.branch import Branch
from .._protocol.views import TreeSegment, TreeTurn, TreeView
from .family import Segment, family, through
from .filter import holds
from .text import one_line

MOST_DRAWN = 200
"""The most turns to draw one by one; of larger trees each long run shows its ends."""

ENDS = 3
"""Turns to show at each end of a long run."""

MOST_FOUND = 300
"""The most turns to show because they were found."""

SAID_CHARS = 60


def tree_view(
    branches: Sequence[Branch], revision: int, preferred: str, search: str = ""
) -> TreeView:
    """Return the whole family of branches.

    Args:
        branches: All branches of the conversation.
        revision: The conversation's revision at which they were read.
        preferred: Key of the branch whose marks count where branches share turns that it keeps.
        search: Text to find in inputs, outputs, labels and notes.
    """
    root = family(branches)
    walked = list(root.walk())
    seen_from = dict.fromkeys(through(root, preferred))
    shown = next((branch for branch in branches if branch.key == preferred), root.branch)
    holders = {
        # A branch may have forgotten turns that others keep.
        segment: shown
        if segment in seen_from and shown.log.first <= segment.start
        else segment.branch
        for segment, _ in walked
    }
    total = sum(segment.stop - segment.start for segment, _ in walked)
    found = _found(holders, search)
    left_to_show = MOST_FOUND
    places: dict[Segment, int] = {}
    views: list[TreeSegment] = []
    for segment, parent in walked:
        hits = found.get(segment, [])
        positions = _drawn(segment, hits[:left_to_show], total)
        left_to_show = max(0, left_to_show - len(hits))
        branch, hit = holders[segment], set(hits)
        places[segment] = len(views)
        views.append(
            TreeSegment(
                parent=-1 if parent is None else places[parent],
                branch=branch.key,
                start=segment.start,
                stop=segment.stop,
                turns=[_turn(branch, one, found=one in hit) for one in positions],
                heads=[head.key for head in segment.heads],
            )
        )
    low, high = axis(
        turn["score"] for view in views for turn in view["turns"] if turn["score"] is not None
    )
    return TreeView(
        revision=revision,
        segments=views,
        turns=total,
        found=sum(map(len, found.values())),
        low=low,
        high=high,
    )


def axis(scores: Iterable[float]) -> tuple[float, float]:
    """Return the range to draw scores in: 0 to 1 unless one lies outside."""
    there = [0.0, 1.0, *scores]
    return min(there), max(there)


def _drawn(segment: Segment, found: Sequence[int], total: int) -> Sequence[int]:
    every = range(segment.start, segment.stop)
    if total <= MOST_DRAWN or len(every) <= 2 * ENDS + 1:
        return every
    return sorted({*every[:ENDS], *every[-ENDS:], *found})


def _found(holders: dict[Segment, Branch], search: str) -> dict[Segment, list[int]]:
    if not search.strip():
        return {}
    text = search.strip().casefold()
    return {
        segment: [one for one in range(segment.start, segment.stop) if holds(branch, one, text)]
        for segment, branch in holders.items()
    }


def _turn(branch: Branch, position: int, *, found: bool) -> TreeTurn:
    record = branch.log[position]
    mark = branch.mark(record)
    return TreeTurn(
        turn_id=record.id,
        index=position,
        said=one_line(next(iter(record.inputs.values()), ""), SAID_CHARS),
        score=None if mark.score is None else mark.score.value,
        edited=record.id in branch.edits,
        stale=branch.is_stale(position),
        excluded=mark.excluded,
        found=found,
    )
