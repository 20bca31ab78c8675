"""Field values: how they are copied and compared."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pydantic

Fields = Mapping[str, Any]
"""Field name to value; treated as frozen."""

_ATOMS = (str, int, float, bool, bytes, complex, type(None))


def frozen_copy(value: Any) -> Any:
    """Return a copy that later changes to ``value`` cannot reach."""
    return value if type(value) in _ATOMS else copy.deepcopy(value)


def thawed(fields: Fields) -> dict[str, Any]:
    """Return the fields as a dict of the caller's own."""
    return {name: frozen_copy(value) for name, value in fields.items()}


def recordable(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return copies of field values for the record, and a sentence for each that had to give way.

    An answer that was paid for is never lost: a value that cannot be copied is kept by its repr.
    """
    flags: list[str] = []
    return {name: _recordable(name, value, flags) for name, value in fields.items()}, flags


def _recordable(name: str, value: Any, flags: list[str]) -> Any:
    try:
        return frozen_copy(value)
    except Exception as error:  # noqa: BLE001  # any class may fail to copy in any way
        kind = type(value).__name__
        flags.append(f"{name!r} could not be copied ({kind}: {error}); its repr was kept")
        return _shown(value)


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  # as above
        return object.__repr__(value)


def replaced(value: Any, fields: Fields) -> Any:
    """Return a value in which each dict's entries of those names are replaced, at any depth.

    An answer may stand twice in what a program noted: as the field, and as an argument of the tool
    call that gave it.
    """
    if isinstance(value, Mapping):
        entries: Mapping[Any, Any] = value
        return {
            name: fields[name] if name in fields else replaced(item, fields)
            for name, item in entries.items()
        }
    if type(value) is list:
        items: list[Any] = value
        return [replaced(item, fields) for item in items]
    if isinstance(value, pydantic.BaseModel):
        parts = {name: getattr(value, name) for name in type(value).model_fields}
        made = {name: replaced(part, fields) for name, part in parts.items()}
        changed = {name: part for name, part in made.items() if part is not parts[name]}
        return value.model_copy(update=changed) if changed else value
    return value


def same_value(left: Any, right: Any) -> bool:
    """Whether two field values are plainly equal, type included.

    Arrays compare elementwise; what does not say plainly that it is equal counts as different.
    """
    try:
        return left is right or (type(left) is type(right) and bool(left == right))
    except (TypeError, ValueError):
        return False


def same_fields(left: Fields, right: Fields) -> bool:
    """Whether two sets of fields are plainly equal."""
    return left.keys() == right.keys() and all(same_value(left[n], right[n]) for n in left)
