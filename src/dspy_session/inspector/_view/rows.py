"""Rows: what a turn looks like when it is collapsed, and some consecutive ones of a branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..._tree.amendments import Mark
from ..._tree.branch import Branch
from ..._tree.record import Record
from ..._tree.values import Fields
from .._protocol.shapes import Preview, Row, RowWindow, Sibling
from .siblings import only, siblings
from .text import preview, safe

MOST_ROWS = 500
"""The most rows of one answer; a page that wants more asks again."""


def positions_of(branch: Branch) -> range:
    """Return the positions of all turns that a branch keeps, oldest first."""
    return range(branch.log.first, len(branch.log))


def row_window(
    branch: Branch,
    branches: Sequence[Branch],
    positions: Sequence[int],
    revision: int,
    wanted: range,
) -> RowWindow:
    """Return some rows of a filtered branch.

    Args:
        branch: The branch.
        branches: All branches of the conversation, for the siblings.
        positions: The positions that passed the filter, in the order wanted.
        revision: The conversation's revision at which ``branch`` was read.
        wanted: Which of ``positions``, as a range; it may reach beyond their end.
    """
    start = min(max(wanted.start, 0), len(positions))
    stop = max(start, min(wanted.stop, len(positions), start + MOST_ROWS))
    beside = siblings(branch, branches) if stop > start else {}
    return RowWindow(
        branch=branch.key,
        revision=revision,
        turns=len(positions_of(branch)),
        matched=len(positions),
        start=start,
        rows=[
            row(branch, one, beside, stale=branch.is_stale(one)) for one in positions[start:stop]
        ],
    )


def row(branch: Branch, position: int, beside: Mapping[int, list[Sibling]], *, stale: bool) -> Row:
    """Return one turn as its row shows it."""
    record = branch.log[position]
    mark = branch.mark(record)
    score = mark.score
    return Row(
        turn_id=record.id,
        index=position,
        version=mark.version,
        inputs=previews(record.inputs),
        outputs=output_previews(branch, record),
        score=None if score is None else score.value,
        score_change=_change(branch, position, mark),
        feedback=None if score is None else _safe(score.feedback),
        label=_safe(mark.label),
        note=_safe(mark.note),
        edited=record.id in branch.edits,
        stale=stale,
        excluded=mark.excluded,
        siblings=beside[position] if position in beside else only(branch, position),
        calls=sum(1 for _ in nested_calls(record)),
        flags=[safe(flag) for flag in record.flags],
    )


def nested_calls(record: Record) -> list[Record]:
    """Return the calls of nested predictors, those within them included, as they ended."""
    found: list[Record] = []
    for call in record.calls:
        found += [*nested_calls(call), call]
    return found


def previews(fields: Fields) -> list[Preview]:
    """Return the beginning of each field."""
    return [preview(name, value) for name, value in fields.items()]


def output_previews(branch: Branch, record: Record) -> list[Preview]:
    """Return the beginning of each output as it counts now, edits marked."""
    edited = branch.edits.get(record.id) or {}
    outputs = branch.outputs(record)
    return [preview(name, value, edited=name in edited) for name, value in outputs.items()]


def _change(branch: Branch, position: int, mark: Mark) -> float | None:
    if mark.score is None or position <= branch.log.first:
        return None
    before = branch.mark(branch.log[position - 1]).score
    return None if before is None else mark.score.value - before.value


def _safe(text: str | None) -> str | None:
    return None if text is None else safe(text)
