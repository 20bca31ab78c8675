"""Two branches beside each other, as the page shows them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ..._tree.branch import Branch
from ..._tree.record import record_key
from ...compare import Change, ComparedField, ComparedTurn, Comparison, DiffPart
from .._protocol.views import BothNumbers, ComparisonView, Difference, FieldPair, TurnPair
from .text import safe

MOST_PAIRS = 60
"""The most rows of one answer; a page that wants more asks again."""

MOST_COUNTED = 2_000
"""The most rows whose differences are counted at once."""

FIELD_CHARS = 8_000
"""The most characters of one field's diff; the turn itself holds the rest."""


def comparison_view(left: Branch, right: Branch, wanted: range) -> ComparisonView:
    """Return some rows of two branches aligned by depth, oldest first."""
    comparison = Comparison(left, right)
    total = len(comparison)
    start = min(max(wanted.start, 0), total)
    stop = max(start, min(wanted.stop, total, start + MOST_PAIRS))
    few = total <= MOST_COUNTED
    means = {name: comparison.mean_score(name) for name in comparison.metrics} if few else {}
    return ComparisonView(
        left=safe(left.name),
        right=safe(right.name),
        total=total,
        shared=_leading(comparison, left, right),
        differing=sum(map(differs, comparison)) if few else None,
        means={safe(name): _numbers(mean) for name, mean in means.items() if mean.left is not None},
        start=start,
        turns=[_pair(turn) for turn in comparison[start:stop]],
    )


def next_difference(left: Branch, right: Branch, row: int, *, backwards: bool) -> Difference:
    """Return the next row after one that differs, or the last before it."""
    comparison = Comparison(left, right)
    rows = _may_differ(comparison, left, right)
    after = bisect_right(rows, row)
    wanted = reversed(rows[: bisect_left(rows, row)]) if backwards else rows[after:]
    return Difference(row=next((one for one in wanted if differs(comparison[one])), None))


def _may_differ(comparison: Comparison, left: Branch, right: Branch) -> Sequence[int]:
    """The rows that differ, and some that do not: shared turns differ only where marked since."""
    first = min(left.log.first, right.log.first)
    shared = _leading(comparison, left, right)
    places = (left.log.position_of(one, record_key) for one in right.remarked(left))
    marked = sorted(one - first for one in places if one is not None and one - first < shared)
    return [*marked, *range(shared, len(comparison))]


def differs(turn: ComparedTurn) -> bool:
    """Whether a field or a score of two turns differs."""
    return turn.changed or any(one.left != one.right for one in turn.scores.values())


def _leading(comparison: Comparison, left: Branch, right: Branch) -> int:
    """How many rows both branches share, before any that only one of them keeps."""
    together = left.log.first == right.log.first
    return max(0, comparison.shared - left.log.first) if together else 0


def _pair(turn: ComparedTurn) -> TurnPair:
    sent, received = turn.prompt_tokens, turn.completion_tokens
    return TurnPair(
        index=turn.index,
        left=None if turn.left is None else turn.left.id,
        right=None if turn.right is None else turn.right.id,
        shared=turn.shared,
        differs=differs(turn),
        fields=[_field(field) for field in turn.fields],
        scores={safe(name): _numbers(change) for name, change in turn.scores.items()},
        tokens=BothNumbers(
            left=_sum(sent.left, received.left), right=_sum(sent.right, received.right)
        ),
        cost=_numbers(turn.cost),
        latency_s=_numbers(turn.latency_s),
    )


def _field(field: ComparedField) -> FieldPair:
    parts, unseen = field.quick_parts()
    shown, left_out = _shortened(parts)
    return FieldPair(
        name=safe(field.name),
        side="inputs" if field.kind == "input" else "outputs",
        changed=field.changed,
        parts=shown,
        left_out=left_out + unseen,
    )


def _shortened(parts: list[DiffPart]) -> tuple[list[DiffPart], int]:
    shown: list[DiffPart] = []
    room = FIELD_CHARS
    for kind, text in parts:
        if room > 0:
            shown.append((kind, safe(text[:room])))
        room -= len(text)
    return shown, max(0, -room)


def _numbers(change: Change) -> BothNumbers:
    return BothNumbers(left=change.left, right=change.right)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0) + (other or 0)
