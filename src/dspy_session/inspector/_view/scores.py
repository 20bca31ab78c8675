"""The scores of a branch as plots show them: how many of which height, where, and beside others."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..._tree.branch import Branch
from .._protocol.views import ScoreBin, ScorePoint, ScoresView
from .filter import score_of
from .rows import positions_of
from .text import safe
from .tree import axis

BINS = 20
MOST_POINTS = 800
MOST_DISAGREEMENTS = 8


def scores_view(branch: Branch, name: str, against: str | None = None) -> ScoresView:
    """Return the scores of one name on a branch, and beside them those of another name."""
    positions = positions_of(branch)
    points = [
        point for one in positions if (point := _point(branch, one, name, against)) is not None
    ]
    values = [point["value"] for point in points]
    low, high = axis(values)
    pairs = [point for point in points if point["against"] is not None]
    drawn = _thinned(points)
    return ScoresView(
        name=safe(name),
        turns=len(positions),
        scored=len(points),
        mean=math.fsum(values) / len(values) if values else None,
        low=low,
        high=high,
        bins=_bins(values, low, high),
        points=drawn,
        thinned=len(drawn) < len(points),
        pairs=len(pairs),
        correlation=_correlation(pairs),
        disagreements=sorted((point for point in pairs if _apart(point)), key=_apart, reverse=True)[
            :MOST_DISAGREEMENTS
        ],
    )


def _point(branch: Branch, position: int, name: str, against: str | None) -> ScorePoint | None:
    value = score_of(branch, position, name)
    if value is None:
        return None
    record = branch.log[position]
    return ScorePoint(
        turn_id=record.id,
        index=position,
        value=value,
        against=None if against is None else score_of(branch, position, against),
        excluded=branch.mark(record).excluded,
    )


def _bins(values: Sequence[float], low: float, high: float) -> list[ScoreBin]:
    edges = [low + (high - low) * place / BINS for place in range(BINS + 1)]
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int((value - low) / (high - low) * BINS))] += 1
    return [
        ScoreBin(start=start, stop=stop, count=count)
        for start, stop, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _thinned(points: list[ScorePoint]) -> list[ScorePoint]:
    if len(points) <= MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[round(place * last / (MOST_POINTS - 1))] for place in range(MOST_POINTS)]


def _apart(point: ScorePoint) -> float:
    return abs(point["value"] - (point["against"] or 0.0))


def _correlation(pairs: Sequence[ScorePoint]) -> float | None:
    count = len(pairs)
    if count < 2:  # one point lies on every line
        return None
    ours = [point["value"] for point in pairs]
    theirs = [point["against"] or 0.0 for point in pairs]
    mean, other = math.fsum(ours) / count, math.fsum(theirs) / count
    both = math.fsum((a - mean) * (b - other) for a, b in zip(ours, theirs, strict=True))
    spread = math.fsum((a - mean) ** 2 for a in ours) * math.fsum((b - other) ** 2 for b in theirs)
    return both / math.sqrt(spread) if spread > 0 else None
