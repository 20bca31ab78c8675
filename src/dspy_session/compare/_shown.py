"""A comparison as text: what ``print`` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ._turns import Change, ComparedField, ComparedTurn
from ._words import DiffPart

if TYPE_CHECKING:
    from ._comparison import Comparison

_MOST_TURNS = 20
_CONTEXT = 24
"""Characters of unchanged text to keep on each side of a change."""
_LONGEST = 240


def shown(comparison: Comparison) -> str:
    """Return the turns that differ, with word diffs and score changes, and the means."""
    changed = [turn for turn in comparison if turn.changed or _moved(turn)]
    lines = [_headline(comparison, len(changed))]
    for turn in changed[:_MOST_TURNS]:
        lines += _turn_lines(turn)
    if len(changed) > _MOST_TURNS:
        lines.append(f"  … and {len(changed) - _MOST_TURNS} more")
    for metric in comparison.metrics:
        mean = comparison.mean_score(metric)
        if mean.delta is not None:
            lines.append(f"  mean {metric}: {_numbers(mean)}")
    return "\n".join(lines)


def _headline(comparison: Comparison, changed: int) -> str:
    names = f"{comparison.left_name} ↔ {comparison.right_name}"
    return (
        f"{names}: {len(comparison)} turns, {comparison.shared} shared, "
        f"{changed or 'none'} {'differs' if changed == 1 else 'differ'}"
    )


def _moved(turn: ComparedTurn) -> bool:
    return any(change.left != change.right for change in turn.scores.values())


def _turn_lines(turn: ComparedTurn) -> Iterator[str]:
    scores = ", ".join(
        f"{name} {_numbers(change)}"
        for name, change in turn.scores.items()
        if change.left != change.right
    )
    alone = ""
    if turn.left is None or turn.right is None:
        alone = f"only on the {'right' if turn.left is None else 'left'}"
    told = ", ".join(filter(None, (alone, scores)))
    yield f"  turn {turn.index}" + (f": {told}" if told else "")
    for flag in (
        f for one in (turn.left, turn.right) if one and not turn.shared for f in one.flags
    ):
        yield f"    ! {flag}"
    for field in turn.changes:
        yield f"    {field.name}: {_field(field)}"


def _field(field: ComparedField) -> str:
    parts, _ = field.quick_parts()
    text = " ".join(inline_diff(_shortened(parts)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def inline_diff(parts: Sequence[DiffPart]) -> str:
    """Return a word diff in one text: ``[-removed-]`` and ``{+added+}``, as git writes it."""
    forms = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(forms[kind].format(text) for kind, text in parts)


def _shortened(parts: Sequence[DiffPart]) -> list[DiffPart]:
    """Leave out the middle of long unchanged runs."""
    short: list[DiffPart] = []
    for place, (kind, text) in enumerate(parts):
        if kind == "same" and len(text) > 2 * _CONTEXT + 3:
            before = text[:_CONTEXT] if place else ""
            after = text[-_CONTEXT:] if place < len(parts) - 1 else ""
            short.append((kind, f"{before} … {after}"))
        else:
            short.append((kind, text))
    return short


def _numbers(change: Change) -> str:
    left, right = ("—" if n is None else f"{n:.2f}" for n in (change.left, change.right))
    delta = "" if change.delta is None else f" ({change.delta:+.2f})"
    return f"{left} → {right}{delta}"
