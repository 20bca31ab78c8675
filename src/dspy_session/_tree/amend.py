"""Amendments as functions from a branch to a branch: edits, scores, labels, notes, exclusion."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from ..errors import ArgumentError, ArgumentTypeError, ConflictError, FieldNotFoundError
from .amendments import HAND, Mark, Score
from .branch import Branch
from .record import Record
from .values import frozen_copy, same_fields, same_value


class Unset:
    """The type of UNSET."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
"""Stands for "leave as it is" where None means "clear"."""


def edit_outputs(
    branch: Branch, index: int, record: Record, outputs: Mapping[str, Any], known: Collection[str]
) -> Branch:
    """Lay edited output fields over a turn or nested call.

    An edit of the turn itself is carried into its nested calls where they produced the very value
    that is edited, so that a node that sees its own ledger reads the corrected text too.

    Args:
        branch: The branch to amend.
        index: The turn that ``record`` is, or belongs to.
        record: The turn or nested call to edit.
        outputs: Field name to new value; a value equal to the recorded one takes the edit back.
        known: Output fields the program declares, allowed besides those recorded.

    Raises:
        FieldNotFoundError: A field that the call neither recorded nor declares.
    """
    for name in outputs:
        if name not in record.outputs and name not in known:
            there = ", ".join(repr(field) for field in {**record.outputs, **dict.fromkeys(known)})
            msg = f"turn {index} has no output field {name!r}; it has {there or 'none'}"
            raise FieldNotFoundError(msg)
    edited = _with_edit(branch, record, outputs)
    if record is branch.log[index]:
        for call in record.nested():
            said = call.said()
            carried = {
                name: value
                for name, value in outputs.items()
                if name in said and same_value(said[name], record.outputs.get(name))
            }
            if carried:
                edited = _with_edit(edited, call, carried)
    return edited


def _with_edit(branch: Branch, record: Record, outputs: Mapping[str, Any]) -> Branch:
    merged, said = dict(branch.edits.get(record.id) or {}), record.said()
    for name, value in outputs.items():
        if name in said and same_value(said[name], value):
            merged.pop(name, None)
        else:
            merged[name] = frozen_copy(value)
    if same_fields(merged, branch.edits.get(record.id) or {}):
        return branch
    return branch.edited(record.id, merged)


def revert_outputs(branch: Branch, index: int, record: Record, fields: Collection[str]) -> Branch:
    """Take edits of some fields back, in the turn and in the nested calls they were carried to."""
    recorded = {name: record.outputs[name] for name in fields if name in record.outputs}
    reverted = edit_outputs(branch, index, record, recorded, known=())
    left = dict(reverted.edits.get(record.id) or {})
    kept = {name: value for name, value in left.items() if name not in fields}
    return reverted if len(kept) == len(left) else reverted.edited(record.id, kept)


def give_score(
    branch: Branch,
    record: Record,
    value: float | None,
    *,
    name: str = HAND,
    feedback: str | None = None,
) -> Branch:
    """Give a turn or call a score; None takes the score of that name away."""
    score = None if value is None else Score(checked_score(value), feedback)
    return branch.marked(record.id, branch.mark(record).scored(name, score))


def checked_score(value: Any) -> float:
    """Return a score as a float; numbers, booleans and numpy scalars will do, NaN will not."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        msg = f"a score is a number, got {type(value).__name__}"
        raise ArgumentTypeError(msg) from None
    if not math.isfinite(number):
        msg = f"a score is a finite number, got {number}"
        raise ArgumentError(msg)
    return number


def annotate(
    branch: Branch,
    record: Record,
    *,
    label: str | Unset | None = UNSET,
    note: str | Unset | None = UNSET,
    excluded: bool | Unset = UNSET,
) -> Branch:
    """Set label, note or exclusion of a turn; None or an empty text clears."""
    mark = branch.mark(record)
    changed = dataclasses.replace(
        mark,
        label=mark.label if isinstance(label, Unset) else _text(label, "label"),
        note=mark.note if isinstance(note, Unset) else _text(note, "note"),
        excluded=mark.excluded if isinstance(excluded, Unset) else bool(excluded),
    )
    return branch if changed == mark else branch.marked(record.id, changed)


def _text(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        msg = f"a {name} is a str or None, got {type(value).__name__}"
        raise ArgumentTypeError(msg)
    return value or None


def check_version(mark: Mark, version: int) -> None:
    """Refuse a change that was based on an older version of the same turn."""
    if mark.version != version:
        msg = (
            "this turn was changed meanwhile, so the change was not made; "
            "look at it as it is now and repeat the change if it still makes sense"
        )
        raise ConflictError(msg)
