"""What a stored session holds beside its conversation: state, and messages that are no turn."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._files.tagged_json import decode, encode
from .._messages import Beside
from ..errors import DamagedRowError, FileFormatError
from ..stores import Row
from ..stores._checks import searchable

STATE, BESIDE = "state", "beside"
"""The kinds of these rows."""


def state_row(name: str, value: Any) -> Row:
    """Return the row that keeps one value; ``value`` is encoded already."""
    body = json.dumps({"name": encode(name), "value": value}, ensure_ascii=False, sort_keys=True)
    return Row(STATE, state_key(name), body)


def state_key(name: str) -> str:
    """Return the key of a value's row: names are free, keys of rows are not."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def beside_row(key: int, one: Beside) -> Row:
    """Return the row of a message that is no side of a turn."""
    data = {"turn": one.turn, "between": one.between, "message": encode(dict(one.message))}
    said = one.message.get("content")
    text = searchable(said) if isinstance(said, str) else None
    return Row(BESIDE, str(key), json.dumps(data, ensure_ascii=False), text)


@dataclasses.dataclass(frozen=True, slots=True)
class KeptRows:
    """State and messages, as they are stored."""

    state: Mapping[str, Any]
    """Name to encoded value."""
    beside: Mapping[int, Beside]
    """Key of the row to the message, in the order in which they were said."""


def kept_rows(session_id: str, rows: Iterable[Row]) -> KeptRows:
    """Return what the rows of a session hold, those of its conversation aside.

    Raises:
        DamagedRowError: A row cannot be read; the error names it.
    """
    state: dict[str, Any] = {}
    beside: dict[int, Beside] = {}
    for row in rows:
        if row.kind == STATE:
            data = _read(session_id, row, ("name", "value"))
            state[decode(data["name"], {})] = data["value"]
        elif row.kind == BESIDE:
            data = _read(session_id, row, ("turn", "between", "message"))
            message = decode(data["message"], {})
            beside[int(row.key)] = Beside(int(data["turn"]), bool(data["between"]), message)
    return KeptRows(state, dict(sorted(beside.items())))


def _read(session_id: str, row: Row, names: Sequence[str]) -> dict[str, Any]:
    try:
        data = json.loads(row.body)
        if all(name in data for name in names):
            return data
        problem: Any = f"it has no {names}"
    except (ValueError, TypeError, RecursionError, FileFormatError) as error:
        problem = error
    msg = f"row {row.kind} {row.key:.12} of session {session_id!r} cannot be read: {problem}"
    raise DamagedRowError(msg)


def changed_rows(
    before: KeptRows, state: Mapping[str, Any], beside: Mapping[int, Beside]
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows to write, and the names of those to take away."""
    rows = [
        state_row(name, value)
        for name, value in state.items()
        if name not in before.state or before.state[name] != value
    ]
    rows += [beside_row(key, one) for key, one in beside.items() if before.beside.get(key) != one]
    gone = [(STATE, state_key(name)) for name in before.state.keys() - state.keys()]
    gone += [(BESIDE, str(key)) for key in before.beside.keys() - beside.keys()]
    return rows, gone
