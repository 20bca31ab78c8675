"""A comparison as a table: one row a depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ._shown import inline_diff
from ._turns import Change, ComparedField, ComparedTurn

_NUMBERS = ("prompt_tokens", "completion_tokens", "cost", "latency_s")
_TYPES = {"turn": "int64", "shared": "bool", "changed": "bool"}
_COUNTS = ("prompt_tokens.", "completion_tokens.")


def table(turns: Sequence[ComparedTurn]) -> pd.DataFrame:
    """Return one row a depth.

    The columns; those with ``<…>`` are there as far as any turn has them. ``left`` and ``right``
    are named as in ``session.to_dataframe()``; ``change`` is right minus left.

    =============================================== ===============================================
    ``turn``                                        the depth, 0 = oldest
    ``shared``                                      whether both hold the same recorded turn
    ``changed``                                     whether any field differs
    ``turn_id.left``, ``.right``                    the ids that never change; None: no turn
    ``input.<field>.left``, ``.right``              the values
    ``output.<field>.left``, ``.right``, ``.diff``  the values, and ``[-gone-]{+come+}`` where they
                                                    differ
    ``score.<metric>.left``, ``.right``, ``.change``  every score by its name; NaN: none
    ``prompt_tokens.left`` …                        and ``completion_tokens``, ``cost`` (US dollars)
                                                    and ``latency_s``, each with ``.change``
    =============================================== ===============================================
    """
    rows = [_row(turn) for turn in turns]
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame({name: _column(name, rows) for name in _ordered(names)})


def _row(turn: ComparedTurn) -> dict[str, Any]:
    row: dict[str, Any] = {"turn": turn.index, "shared": turn.shared, "changed": turn.changed}
    row["turn_id.left"] = None if turn.left is None else turn.left.id
    row["turn_id.right"] = None if turn.right is None else turn.right.id
    for field in turn.fields:
        row.update(_field(field))
    for name, change in turn.scores.items():
        row.update(_change(f"score.{name}", change))
    for name in _NUMBERS:
        row.update(_change(name, getattr(turn, name)))
    return row


def _field(field: ComparedField) -> Iterator[tuple[str, Any]]:
    name = f"{field.kind}.{field.name}"
    yield f"{name}.left", field.left
    yield f"{name}.right", field.right
    if field.kind == "output":
        yield f"{name}.diff", inline_diff(field.parts) if field.changed else None


def _change(name: str, change: Change) -> Iterator[tuple[str, Any]]:
    yield f"{name}.left", change.left
    yield f"{name}.right", change.right
    yield f"{name}.change", change.delta


def _ordered(names: dict[str, None]) -> list[str]:
    """Group what later rows add with what is like it: fields, then scores, then numbers."""
    groups = ("input.", "output.", "score.", *(f"{name}." for name in _NUMBERS))
    first = [name for name in names if not name.startswith(groups)]
    return [*first, *(name for group in groups for name in names if name.startswith(group))]


def _column(name: str, rows: Sequence[dict[str, Any]]) -> Any:
    values = [row.get(name) for row in rows]
    kind = _TYPES.get(name)
    if name.startswith(_COUNTS):
        kind = "Int64"
    elif name.startswith(("score.", "cost.", "latency_s.")):
        kind = "float64"
    if kind is not None:
        return pd.Series(values, dtype=kind)
    # Filled one by one: numpy would take lists of one length for a second dimension.
    column = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        column[position] = value
    return pd.Series(column, dtype=object)
