"""Two branches aligned by depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from .._tree.branch import Branch
from .._tree.parting import parting
from .._turns import Turn
from ..errors import TurnNotFoundError
from ._turns import Change, ComparedTurn

if TYPE_CHECKING:
    import pandas as pd


class Comparison(Sequence[ComparedTurn]):
    """Two branches beside each other, one :class:`ComparedTurn` for each depth.

    It holds both branches as they were when it was made; later edits and scores are seen by
    comparing again. Rows are made when they are asked for, so that it is cheap at any length.

    Example:
        >>> comparison = session.compare("v2")
        >>> [turn.index for turn in comparison.better("helpful")]
        >>> comparison.to_dataframe()
    """

    __slots__ = ("_first", "_left", "_parting", "_right")

    def __init__(self, left: Branch, right: Branch) -> None:
        self._left, self._right = left, right
        self._first = min(left.log.first, right.log.first)
        self._parting = parting(left, right)

    @property
    def left_name(self) -> str:
        """Name of the branch that was compared."""
        return self._left.name

    @property
    def right_name(self) -> str:
        """Name of the branch it was compared with."""
        return self._right.name

    @property
    def shared(self) -> int:
        """How many leading turns both branches have in common; 0 when none that is still kept."""
        oldest = max(self._left.log.first, self._right.log.first)
        return self._parting if self._parting > oldest else 0

    @property
    def changed(self) -> list[ComparedTurn]:
        """The depths at which any field differs."""
        return [turn for turn in self if turn.changed]

    @property
    def metrics(self) -> list[str]:
        """Names under which any compared turn has a score."""
        return list(dict.fromkeys(name for turn in self for name in turn.scores))

    def better(self, metric: str | None = None) -> list[ComparedTurn]:
        """Return the depths where the right branch has the higher score.

        Args:
            metric: The metric's name; None: the one that gave the score which counts, where it
                is the same on both sides.
        """
        return [turn for turn in self if (_delta(turn, metric) or 0) > 0]

    def worse(self, metric: str | None = None) -> list[ComparedTurn]:
        """Return the depths where the right branch has the lower score; see :meth:`better`."""
        return [turn for turn in self if (_delta(turn, metric) or 0) < 0]

    def mean_score(self, metric: str) -> Change:
        """Return the mean score of each branch over the depths where both have one.

        Both numbers are None when there is no such depth.
        """
        changes = [change for turn in self if (change := turn.scores.get(metric))]
        both = [one for one in changes if one.delta is not None]
        if not both:
            return Change(None, None)
        left, right = (sum(values) / len(both) for values in _columns(both))
        return Change(left, right)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a depth; :func:`dspy_session.compare._table.table` lists the columns."""
        from ._table import table

        return table(self)

    # --- as a sequence -------------------------------------------------------------------------

    def __len__(self) -> int:
        return max(len(self._left.log), len(self._right.log)) - self._first

    @overload
    def __getitem__(self, index: int) -> ComparedTurn: ...
    @overload
    def __getitem__(self, index: slice) -> list[ComparedTurn]: ...
    def __getitem__(self, index: int | slice) -> ComparedTurn | list[ComparedTurn]:
        """Return a row by its place, 0 = oldest; it is the depth unless old turns were trimmed."""
        if isinstance(index, slice):
            return [self._at(self._first + place) for place in range(len(self))[index]]
        if not -len(self) <= index < len(self):
            msg = f"no row {index}: the comparison has {len(self)}"
            raise TurnNotFoundError(msg)
        return self._at(self._first + range(len(self))[index])

    def __iter__(self) -> Iterator[ComparedTurn]:
        for place in range(len(self)):
            yield self._at(self._first + place)

    def _at(self, depth: int) -> ComparedTurn:
        left, right = _turn(self._left, depth), _turn(self._right, depth)
        shared = left is not None and right is not None and left.id == right.id
        return ComparedTurn(depth, left, right, shared)

    def __repr__(self) -> str:
        from ._shown import shown

        return shown(self)


def _turn(branch: Branch, depth: int) -> Turn | None:
    return Turn(branch, depth) if branch.log.first <= depth < len(branch.log) else None


def _delta(turn: ComparedTurn, metric: str | None) -> float | None:
    if metric is not None:
        change = turn.scores.get(metric)
        return None if change is None else change.delta
    if turn.left is None or turn.right is None:
        return None
    same = turn.left._mark.latest == turn.right._mark.latest
    return turn.score.delta if same else None


def _columns(changes: list[Change]) -> tuple[list[float], list[float]]:
    return [c.left or 0.0 for c in changes], [c.right or 0.0 for c in changes]
