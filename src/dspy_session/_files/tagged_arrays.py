"""numpy scalars and arrays as tagged JSON and back; numpy is only touched when it is there."""

from __future__ import annotations

import base64
import importlib
import math
import sys
from collections.abc import Callable
from typing import Any

from .tags import Reader, Undecodable, Unencodable, tagged


def encode_numpy(value: Any, encode: Callable[[Any], Any]) -> Any:
    """Return a numpy value as tagged JSON; None when it is none."""
    np: Any = sys.modules.get("numpy")  # nothing is numpy's before numpy is imported
    if np is None or not isinstance(value, (np.ndarray, np.generic)):
        return None
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        raise Unencodable(f"it is a {type(value).__name__}; numpy.asarray(…) makes an array of it")
    kind = "array" if isinstance(value, np.ndarray) else "number"
    array = np.asarray(value)
    if array.dtype == object:
        items = encode(array.reshape(-1).tolist())
        return tagged(kind, dtype="|O", shape=list(array.shape), items=items)
    described = _plain(np.lib.format.dtype_to_descr(array.dtype)) if _is_fixed(array) else None
    if described is None or np.lib.format.descr_to_dtype(_descr(described)) != array.dtype:
        raise Unencodable(f"files know no arrays of {array.dtype}; convert it to another dtype")
    content = base64.b64encode(array.tobytes()).decode("ascii")
    return tagged(kind, dtype=described, shape=list(array.shape), base64=content)


def _is_fixed(array: Any) -> bool:
    return not array.dtype.hasobject and array.dtype.kind != "T"


def _plain(described: Any) -> Any:
    return [_plain(d) for d in described] if isinstance(described, (list, tuple)) else described


def _descr(plain: Any) -> Any:
    """A dtype's description as numpy writes it, from lists alone."""
    if not isinstance(plain, list):
        return plain
    return [
        (tuple(name) if isinstance(name, list) else name, _descr(kind), *map(tuple, shape))
        for name, kind, *shape in plain
    ]


def _decode_array(data: dict[str, Any], reader: Reader) -> Any:
    try:
        np: Any = importlib.import_module("numpy")
    except ImportError:
        raise Undecodable("it is a numpy array, and numpy is not installed") from None
    shape = data["shape"]
    if type(shape) is not list or not all(type(n) is int and n >= 0 for n in shape):
        raise Undecodable("the shape of an array is a list of counts")
    if data["dtype"] == "|O":
        return _object_array(np, shape, reader.read(data["items"]))
    dtype = np.lib.format.descr_to_dtype(_descr(data["dtype"]))
    content = base64.b64decode(data["base64"], validate=True)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise Undecodable("an array's content does not fill its shape")
    if not content:
        return np.empty(shape, dtype)
    return np.frombuffer(content, dtype).reshape(shape).copy()


def _object_array(np: Any, shape: list[int], items: list[Any]) -> Any:
    if type(items) is not list or len(items) != math.prod(shape):
        raise Undecodable("an array's content does not fill its shape")
    flat = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        flat[position] = item
    return flat.reshape(shape)


def _decode_number(data: dict[str, Any], reader: Reader) -> Any:
    return _decode_array(data, reader)[()]


def array_decoders() -> dict[str, Callable[[dict[str, Any], Reader], Any]]:
    """Return the readers, by tag."""
    return {"array": _decode_array, "number": _decode_number}
