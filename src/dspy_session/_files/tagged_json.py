"""A field value as strict JSON with tagged types, and back: lossless, or an error by name.

What JSON knows stays as it is, so that files can be read by people and by other programs. All
else becomes an object with a ``$type``: ``{"$type": "tuple", "items": [1, 2]}``. An object of the
user's own that has such a key is written as a ``dict`` tag, so the two are never taken for each
other. Only classes that the program names are rebuilt (see :mod:`dspy_session._files.known_types`);
nothing is imported by a name from a file, and nothing is unpickled.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import EncodeError, FileFormatError
from .known_types import Types
from .tagged_objects import encode_object, object_decoders
from .tagged_scalars import scalar_decoders, scalar_encoders
from .tags import TAG, Reader, Undecodable, Unencodable, path_text, tagged

MAX_DEPTH = 100
"""How deep values may be nested. JSON readers give up at some depth, each at its own."""

_LARGEST_INT = 2**63 - 1
_SURROGATE = re.compile("([\ud800-\udfff])")

Text = Callable[[Any], str]


def encode(value: Any, *, at: Sequence[Any] = ()) -> Any:
    """Return a value as JSON-ready data that shares nothing changeable with it.

    Args:
        value: What to write.
        at: Where it stands, for the error: ``("turn 3", "outputs", "answer")``.

    Raises:
        EncodeError: The value, or one in it, cannot be written; the message names its place.
    """
    try:
        return _encode(value, 0)
    except Unencodable as problem:
        place = path_text([*at, *reversed(problem.path)])
        msg = f"{place or 'the value'} cannot be written: {problem.reason}"
        raise EncodeError(msg) from None


def decode(data: Any, types: Types, *, at: Sequence[Any] = (), text: Text | None = None) -> Any:
    """Return the value that ``encode`` wrote.

    Args:
        data: What ``encode`` returned, perhaps by way of a file.
        types: The classes that may be rebuilt, beside the registered ones.
        at: Where it stands, for the error.
        text: Reads the parts of a ``text`` tag, with which documents refer to text elsewhere.

    Raises:
        FileFormatError: The data is damaged, or of a type that is not known here.
    """
    try:
        return _decode(data, (types, text), 0)
    except Undecodable as problem:
        place = path_text([*at, *reversed(problem.path)])
        msg = f"{place or 'the value'} cannot be read: {problem.reason}"
        raise FileFormatError(msg) from None


def to_bytes(document: Any) -> bytes:
    """Return JSON-ready data as UTF-8 text, one line."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def from_bytes(content: bytes) -> Any:
    """Return the data in a JSON file.

    Raises:
        FileFormatError: It is no JSON, e.g. cut off.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except RecursionError:
        msg = "it is nested too deeply to be a file of ours"
        raise FileFormatError(msg) from None
    except ValueError as problem:
        msg = f"it is not complete, valid JSON: {problem}"
        raise FileFormatError(msg) from None


def _no_constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


# --- writing -----------------------------------------------------------------------------------


def _encode(value: Any, depth: int) -> Any:
    cls = type(value)
    scalar = _SCALARS.get(cls)
    if scalar is not None:
        return scalar(value)
    container = _CONTAINERS.get(cls)
    if container is not None:
        return container(value, depth)
    return encode_object(value, depth, _encode)


def _same(value: Any) -> Any:
    return value


def _encode_str(value: str) -> Any:
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Two lone halves would come back as one character, so each is written as its number.
        parts = [
            ord(part) if _SURROGATE.fullmatch(part) else part
            for part in _SURROGATE.split(value)
            if part
        ]
        return tagged("str", parts=parts)
    return value


def _encode_int(value: int) -> Any:
    # Others read larger numbers as floats; and decimal digits are limited by Python itself.
    return value if -_LARGEST_INT <= value <= _LARGEST_INT else tagged("int", value=hex(value))


def _encode_float(value: float) -> Any:
    return value if math.isfinite(value) else tagged("float", value=repr(value))


def _encode_list(value: list[Any], depth: int) -> list[Any]:
    if depth >= MAX_DEPTH:
        raise Unencodable(_too_deep(value))
    encoded: list[Any] = []
    try:
        for item in value:
            encoded.append(_encode(item, depth + 1))  # noqa: PERF401  # its length is the position
    except Unencodable as problem:
        problem.path.append(len(encoded))
        raise
    return encoded


def _encode_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if depth >= MAX_DEPTH:
        raise Unencodable(_too_deep(value))
    plain = TAG not in value
    items: list[tuple[Any, Any]] = []
    key: Any = None
    try:
        for key, item in value.items():
            written = key if type(key) is str and key.isascii() else _encode(key, depth + 1)
            plain = plain and type(written) is str
            items.append((written, _encode(item, depth + 1)))
    except Unencodable as problem:
        problem.path.append(key)
        raise
    return dict(items) if plain else tagged("dict", items=[list(pair) for pair in items])


def _too_deep(value: Any) -> str:
    inner, path = value, [id(value)]
    while isinstance(inner, (list, tuple, dict)) and inner:
        inner = next(iter(inner.values() if isinstance(inner, dict) else inner))
        if id(inner) in path:
            return "it contains itself"
        path.append(id(inner))
    return f"it is nested more than {MAX_DEPTH} levels deep, or contains itself"


def _encode_items(kind: str) -> Callable[[Any, int], Any]:
    def encoder(value: Any, depth: int) -> Any:
        items = _encode_list(value, depth)
        if kind in ("set", "frozenset"):
            items.sort(key=_sort_key)  # sets have no order; files should not change by chance
        return tagged(kind, items=items)

    return encoder


def _sort_key(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


_SCALARS: dict[type, Callable[[Any], Any]] = {
    str: _encode_str,
    int: _encode_int,
    float: _encode_float,
    bool: _same,
    type(None): _same,
    **scalar_encoders(),
}
_CONTAINERS: dict[type, Callable[[Any, int], Any]] = {
    list: _encode_list,
    dict: _encode_dict,
    **{kind: _encode_items(kind.__name__) for kind in (tuple, set, frozenset)},
}


# --- reading -----------------------------------------------------------------------------------


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _decode(data: Any, known: tuple[Types, Text | None], depth: int) -> Any:
    cls = type(data)
    if cls in _PLAIN:
        return data
    if depth > 4 * MAX_DEPTH:
        raise Undecodable("it is nested too deeply")
    if cls is list:
        return _decode_list(data, known, depth)
    if cls is not dict:
        raise Undecodable(f"JSON has no {cls.__name__}")
    return (_decode_tagged if TAG in data else _decode_fields)(data, known, depth)


def _decode_fields(
    data: dict[str, Any], known: tuple[Types, Text | None], depth: int
) -> dict[str, Any]:
    decoded: dict[str, Any] = {}
    key: Any = None
    try:
        for key, item in data.items():
            decoded[_checked_key(key)] = _decode(item, known, depth + 1)
    except Undecodable as problem:
        problem.path.append(key)
        raise
    return decoded


def _checked_key(key: Any) -> str:
    if type(key) is not str:
        raise Undecodable("the keys of a JSON object are text")
    return key


def _decode_list(data: list[Any], known: tuple[Types, Text | None], depth: int) -> list[Any]:
    decoded: list[Any] = []
    try:
        for item in data:
            decoded.append(_decode(item, known, depth + 1))  # noqa: PERF401
    except Undecodable as problem:
        problem.path.append(len(decoded))
        raise
    return decoded


def _decode_tagged(data: dict[str, Any], known: tuple[Types, Text | None], depth: int) -> Any:
    kind = data[TAG]
    types, text = known
    try:
        if kind == "text" and text is not None:
            return text(data["parts"])
        if type(kind) is str and kind in _SCALAR_READERS:
            return _SCALAR_READERS[kind](data)
        if type(kind) is str and kind in _READERS:
            reader = Reader(types, lambda inner: _decode(inner, known, depth + 1))
            return _READERS[kind](data, reader)
    except KeyError as missing:
        raise Undecodable(f"a damaged {kind} ({missing} is missing)") from None
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as problem:
        raise Undecodable(f"a damaged {kind} ({problem})") from None
    raise Undecodable(
        f"{kind!r:.80} is no type that this version writes; the file may be of a newer one"
    )


def _decode_str(data: dict[str, Any]) -> str:
    return "".join(chr(part) if type(part) is int else part for part in data["parts"])


def _decode_int(data: dict[str, Any]) -> int:
    return int(data["value"], 16)


def _decode_float(data: dict[str, Any]) -> float:
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[data["value"]]


def _decode_dict(data: dict[str, Any], reader: Reader) -> dict[Any, Any]:
    return {reader.read(key): reader.read(item) for key, item in data["items"]}


def _decode_items(kind: type) -> Callable[[dict[str, Any], Reader], Any]:
    def decoder(data: dict[str, Any], reader: Reader) -> Any:
        items = data["items"]
        if type(items) is not list:
            raise Undecodable(f"the items of a {kind.__name__} are a list")
        return kind(reader.read(items))

    return decoder


_SCALAR_READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "str": _decode_str,
    "int": _decode_int,
    "float": _decode_float,
    **scalar_decoders(),
}
_READERS: dict[str, Callable[[dict[str, Any], Reader], Any]] = {
    "dict": _decode_dict,
    **{kind.__name__: _decode_items(kind) for kind in (tuple, set, frozenset)},
    **object_decoders(),
}
