"""The branches of a conversation as one tree: runs of turns that part where the branches do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from ..._tree.branch import Branch
from ..._tree.parting import parting_after


@dataclasses.dataclass(slots=True, eq=False)
class Segment:
    """A run of turns between two forks."""

    branch: Branch
    """The first branch that was placed through it."""
    start: int
    stop: int
    children: dict[str, Segment] = dataclasses.field(default_factory=dict[str, "Segment"])
    """By the id of their first turn, in the order of the branches."""
    heads: list[Branch] = dataclasses.field(default_factory=list[Branch])
    """Branches that end with its last turn."""

    def matching(self, branch: Branch, start: int) -> int:
        """Return up to where a branch holds the same turns, given that it does before ``start``."""
        stop = min(self.stop, len(branch.log))
        return parting_after(self.branch.log, branch.log, start, max(start, stop))

    def split(self, position: int) -> None:
        """Make two segments of one; this is the earlier."""
        rest = Segment(self.branch, position, self.stop, self.children, self.heads)
        self.stop, self.heads = position, []
        self.children = {self.branch.log[position].id: rest}

    def walk(self) -> Iterator[tuple[Segment, Segment | None]]:
        """Yield each segment with the one it grows from, parents first."""
        waiting: list[tuple[Segment, Segment | None]] = [(self, None)]
        while waiting:
            segment, parent = waiting.pop()
            yield segment, parent
            waiting += [(child, segment) for child in reversed(segment.children.values())]


def family(branches: Iterable[Branch]) -> Segment:
    """Return the first segment, which holds no turns: all others grow from it.

    Costs O(branches · forks), however long the branches are.
    """
    # A branch that forgot its oldest turns finds its place among those that have them.
    first_kept_longest = sorted(branches, key=lambda branch: (branch.log.first, branch.order))
    oldest = first_kept_longest[0]
    root = Segment(oldest, oldest.log.first, oldest.log.first)
    for branch in first_kept_longest:
        _place(root, branch)
    return root


def _place(root: Segment, branch: Branch) -> None:
    segment, position = root, max(root.start, branch.log.first)
    if position > root.start and position < len(branch.log):
        segment = _holding(root, branch, position) or root
    while True:
        position = segment.matching(branch, position)
        if position < segment.stop:
            segment.split(position)
        if position == len(branch.log):
            segment.heads.append(branch)
            return
        turn_id = branch.log[position].id
        child = segment.children.get(turn_id)
        if child is None:
            new = Segment(branch, position, len(branch.log), heads=[branch])
            segment.children[turn_id] = new
            return
        segment = child


def _holding(root: Segment, branch: Branch, position: int) -> Segment | None:
    """The segment in which a branch's oldest kept turn lies."""
    turn_id = branch.log[position].id
    for segment, _ in root.walk():
        if segment.start <= position < segment.stop and (
            segment.branch.log[position].id == turn_id
        ):
            return segment
    return None


def through(root: Segment, key: str) -> list[Segment]:
    """Return the segments that a branch passes, oldest turns first."""
    parents: dict[Segment, Segment | None] = {}
    for segment, parent in root.walk():
        parents[segment] = parent
        if any(branch.key == key for branch in segment.heads):
            path = [segment]
            while (above := parents[path[-1]]) is not None:
                path.append(above)
            return path[::-1]
    return []
