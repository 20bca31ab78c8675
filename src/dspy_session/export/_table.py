"""Turns as a table: one row a turn, values as the program's own objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._tree.branch import Branch
from .._turns import Turn

_FIRST = ("branch", "turn", "turn_id")
_LAST = (
    "label",
    "note",
    "stale",
    "excluded",
    "history_turns",
    "created_at",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "latency_s",
)
_GROUPS = ("input.", "output.", "recorded.")
_TYPES = {
    "turn": "int64",
    "score": "float64",
    "stale": "bool",
    "excluded": "bool",
    "history_turns": "int64",
    "created_at": "datetime64[ns, UTC]",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "cost": "float64",
    "latency_s": "float64",
}


def dataframe(branches: Iterable[Branch], indices: Sequence[int] | None = None) -> pd.DataFrame:
    """Return one row a turn.

    The columns, in this order; those with ``<…>`` are there as far as any turn has them:

    ====================== ======================================================================
    ``branch``             name of the branch
    ``turn``               position on it, 0 = oldest
    ``turn_id``            the id that never changes
    ``input.<field>``      what went in
    ``output.<field>``     what came out, as edited
    ``recorded.<field>``   what came out, where it was edited; None elsewhere
    ``score``              the score that counts; NaN: none
    ``score.<metric>``     every score by its name
    ``feedback.<metric>``  the texts that came with them
    ``label``, ``note``    what a person wrote
    ``stale``              whether the history the model saw reads differently now
    ``excluded``           whether the turn is kept out of training data
    ``history_turns``      how many turns the model saw
    ``created_at``         when the call began, UTC
    ``model``              what answered
    ``prompt_tokens``      sent; ``completion_tokens``: received; <NA>: not reported
    ``cost``               US dollars
    ``latency_s``          seconds
    ====================== ======================================================================

    Values keep their Python types, so that a cell may hold a list or a model.

    Args:
        branches: The branches, one after the other.
        indices: Positions of the turns to show; None: all.
    """
    rows = [_row(turn) for branch in branches for turn in _turns(branch, indices)]
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame({name: _column(name, rows) for name in _ordered(names)})


def _turns(branch: Branch, indices: Sequence[int] | None) -> Iterator[Turn]:
    for index in range(branch.log.first, len(branch.log)) if indices is None else indices:
        branch.record(index)  # refuses what is not there
        yield Turn(branch, index)


def _row(turn: Turn) -> dict[str, Any]:
    branch, record, mark = turn._branch, turn._record, turn._mark  # pyright: ignore[reportPrivateUsage]
    window = record.window
    row: dict[str, Any] = {"branch": branch.name, "turn": turn.index, "turn_id": turn.id}
    row.update({f"input.{name}": value for name, value in turn.inputs.items()})
    row.update({f"output.{name}": value for name, value in turn.outputs.items()})
    edited = branch.edits.get(record.id) or {}
    row.update({f"recorded.{name}": v for name, v in turn.recorded.items() if name in edited})
    row["score"] = turn.score
    row.update({f"score.{name}": score.value for name, score in mark.scores.items()})
    row.update({f"feedback.{name}": text for name, text in turn.feedback.items()})
    seen = window.stop - window.start if window.given is None else len(window.given)
    row["history_turns"] = max(0, seen)
    row.update({name: getattr(turn, name) for name in _LAST if name != "history_turns"})
    return row


def _ordered(names: Iterable[str]) -> list[str]:
    names = list(names)
    found = [*_FIRST]
    for group in _GROUPS:
        found += [name for name in names if name.startswith(group)]
    found.append("score")
    for group in ("score.", "feedback."):
        found += [name for name in names if name.startswith(group)]
    return [*found, *_LAST]


def _column(name: str, rows: Sequence[dict[str, Any]]) -> Any:
    kind = "float64" if name.startswith("score.") else _TYPES.get(name)
    values = [row.get(name) for row in rows]
    if name == "created_at":
        return pd.to_datetime(pd.Series(values, dtype=object), utc=True).astype(kind)
    if kind is not None:
        return pd.Series(values, dtype=kind)
    # Filled one by one: numpy would take lists of one length for a second dimension.
    column = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        column[position] = value
    return pd.Series(column, dtype=object)
