"""What the tree, the comparison and the plots ask for and show, a part of the protocol.

The page's TypeScript types are generated from here and from the modules beside this one.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict

from .shapes import DiffPart, Filter

# --- the tree ------------------------------------------------------------------------------------


class TreeArgs(TypedDict):
    """The whole family of branches; where branches share turns, the marks are those of ``branch``.

    ``search`` is text to find in any turn of any branch.
    """

    branch: str
    search: NotRequired[str]


class TreeTurn(TypedDict):
    """A turn as the tree draws it."""

    turn_id: str
    index: int
    said: str
    """The beginning of its first input, on one line."""
    score: float | None
    edited: bool
    stale: bool
    excluded: bool
    found: bool
    """It holds the text that was searched for."""


class TreeSegment(TypedDict):
    """A run of turns between two forks."""

    parent: int
    """Place of the segment it grows from in the list; -1 for the first one, which has no turns."""
    branch: str
    """A branch through it: the one asked for where it passes here, else the oldest."""
    start: int
    stop: int
    turns: list[TreeTurn]
    """All of them, or of a long run the first and last few, and those found."""
    heads: list[str]
    """Keys of the branches that end with its last turn."""


class TreeView(TypedDict):
    """Every branch of the conversation, each turn once. Parents come before their children."""

    revision: int
    segments: list[TreeSegment]
    turns: int
    """Distinct turns."""
    found: int
    """Turns that hold the text searched for; the list may leave some of them out."""
    low: float
    """Scores are drawn from ``low`` to ``high``: 0 to 1 unless one lies outside."""
    high: float


# --- comparison ----------------------------------------------------------------------------------


class CompareArgs(TypedDict):
    """Rows ``start`` to ``stop`` of two branches aligned by depth."""

    branch: str
    other: str
    start: int
    stop: int


class BothNumbers(TypedDict):
    """A number on both sides; null where a side has none."""

    left: float | None
    right: float | None


class FieldPair(TypedDict):
    """One field of two turns."""

    name: str
    side: Literal["inputs", "outputs"]
    changed: bool
    parts: list[DiffPart]
    """Left to right, by words; a field that did not change is one ``same`` part."""
    left_out: int
    """Characters that the parts leave out at their end."""


class TurnPair(TypedDict):
    """The turns of two branches at one depth."""

    index: int
    left: str | None
    """Id of the turn; null where the branch has none."""
    right: str | None
    shared: bool
    """Both branches hold the very same recorded turn; its edits and scores may still differ."""
    differs: bool
    """A field or a score differs."""
    fields: list[FieldPair]
    scores: dict[str, BothNumbers]
    tokens: BothNumbers
    """Sent and received."""
    cost: BothNumbers
    latency_s: BothNumbers


class ComparisonView(TypedDict):
    left: str
    """Name of the branch that is compared."""
    right: str
    total: int
    """Rows: the depth of the longer branch."""
    shared: int
    """Leading rows that hold the same recorded turns."""
    differing: int | None
    """Rows that differ; null when there are too many to count at once."""
    means: dict[str, BothNumbers]
    """Metric name to the mean scores where both sides have one; empty when too many to count."""
    start: int
    turns: list[TurnPair]


class DifferenceArgs(TypedDict):
    """The next row after ``row`` that differs, or the last one before it."""

    branch: str
    other: str
    row: int
    backwards: bool


class Difference(TypedDict):
    row: int | None
    """Null: there is none that way."""


# --- scores --------------------------------------------------------------------------------------


class ScoresArgs(TypedDict):
    """The scores of one name on a branch, and beside them those of another name."""

    branch: str
    name: str
    against: NotRequired[str]


class ScoreBin(TypedDict):
    """Turns with a score from ``start`` up to ``stop``; the last bin holds ``stop`` too."""

    start: float
    stop: float
    count: int


class ScorePoint(TypedDict):
    turn_id: str
    index: int
    value: float
    against: float | None
    excluded: bool


class ScoresView(TypedDict):
    name: str
    turns: int
    scored: int
    mean: float | None
    low: float
    """The axis goes from ``low`` to ``high``: 0 to 1 unless a score lies outside."""
    high: float
    bins: list[ScoreBin]
    points: list[ScorePoint]
    """In order of the branch; of very many turns an even choice."""
    thinned: bool
    pairs: int
    """Turns that have both scores."""
    correlation: float | None
    """Pearson's, over those; null when it is not defined."""
    disagreements: list[ScorePoint]
    """Turns whose two scores lie farthest apart, farthest first."""


class KeptArgs(TypedDict):
    branch: str
    filter: Filter


class Kept(TypedDict):
    """How many turns an export would keep."""

    plain: int
    strict: int
    """With strict trajectory: those before the first turn that does not pass."""
    turns: int
