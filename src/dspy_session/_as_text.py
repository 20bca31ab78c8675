"""Any value as text that a person can read."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

ONE_LINE = 80
DEEPEST = 12
"""Values nested deeper than this are shown by their repr, and not taken apart."""
_MOST_NUMBERS = 64
_MOST_BITS = 10_000
"""Longer integers are shown in hexadecimal: Python refuses to write very long ones otherwise."""
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*;base64,([A-Za-z0-9+/=_-]{64,})")
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_DSPY_TYPE = "<<CUSTOM-TYPE-START-IDENTIFIER>>"


def as_text(value: Any) -> str:
    """Return a value as a person would want to read it.

    A ``str`` comes as it is, everything else as JSON; what JSON cannot say comes as its ``repr``.
    Images and other binary data come as a short summary.
    """
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return value
    plain = as_plain(value)
    if isinstance(plain, str):
        return plain
    line = json.dumps(plain, ensure_ascii=False)
    return line if len(line) <= ONE_LINE else json.dumps(plain, ensure_ascii=False, indent=2)


def as_plain(value: Any, depth: int = 0) -> Any:
    """Return a value as dicts, lists and scalars; binary data summarised, oddities by repr."""
    if isinstance(value, enum.Enum):
        return as_plain(value.value, depth)
    if value is None or isinstance(value, (bool, int, float)):
        return hex(value) if isinstance(value, int) and value.bit_length() > _MOST_BITS else value
    if isinstance(value, str):
        return _DATA_URL.sub(_data_summary, value) if "base64," in value else value
    if depth > DEEPEST:
        return _represented(value)
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value, depth)
    return _by_shape(value, depth)


def _items(value: Any, depth: int) -> Any:
    return [as_plain(item, depth + 1) for item in value]


def _pairs(value: Any, depth: int) -> Any:
    return {
        key if isinstance(key, str) else as_text(key): as_plain(item, depth + 1)
        for key, item in value.items()
    }


def _unordered(value: Any, depth: int) -> Any:
    return sorted(_items(value, depth), key=lambda item: json.dumps(item, sort_keys=True))


def _bytes(value: Any, _depth: int) -> Any:
    return f"<{_size(len(value))} of binary data>"


def _model(value: Any, depth: int) -> Any:
    try:
        dumped = value.model_dump(mode="json")
    except (TypeError, ValueError):  # a field that pydantic itself cannot write as JSON
        dumped = None
    # DSPy's own types dump themselves as a marker for adapters.
    if dumped is None or (isinstance(dumped, str) and dumped.startswith(_DSPY_TYPE)):
        names: Any = type(value).model_fields
        return _pairs({name: getattr(value, name, None) for name in names}, depth)
    return as_plain(dumped, depth + 1)


def _moment(value: Any, _depth: int) -> Any:
    return value.isoformat()


_CONVERSIONS: tuple[tuple[Any, Callable[[Any, int], Any]], ...] = (
    (Mapping, _pairs),
    ((list, tuple), _items),
    ((set, frozenset), _unordered),
    ((bytes, bytearray, memoryview), _bytes),
    (BaseModel, _model),
    ((datetime.date, datetime.time), _moment),
)


def _by_shape(value: Any, depth: int) -> Any:
    """Values known by what they have: dataclasses, DSPy examples, numpy arrays and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: getattr(value, one.name, None) for one in dataclasses.fields(value)}
        return _pairs(fields, depth)
    if type(value).__module__.partition(".")[0] == "numpy":
        return _numbers(value, depth)
    as_dict = getattr(value, "toDict", None)
    if callable(as_dict) and not isinstance(value, type):
        return as_plain(as_dict(), depth + 1)
    return _represented(value)


def _numbers(value: Any, depth: int) -> Any:
    if getattr(value, "size", 1) > _MOST_NUMBERS:
        return f"<array of shape {tuple(value.shape)}, {value.dtype}>"
    as_list = getattr(value, "tolist", None)
    return as_plain(as_list(), depth + 1) if callable(as_list) else _represented(value)


def _represented(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001  # a foreign __repr__ may do anything; its value is still shown
        return f"<{type(value).__name__} that cannot be shown>"


def _data_summary(found: re.Match[str]) -> str:
    encoded = found[2].rstrip("=")
    return f"<{found[1] or 'data'}, {_size(len(encoded) * 3 // 4)}>"


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
