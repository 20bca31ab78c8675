"""Values and calls as Python source that gives them again."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterable, Mapping
from typing import Any

_PLAIN = (bool, int, str, bytes)


def literal(value: Any) -> str | None:
    """Return source that gives an equal value of the same type, or None when there is none."""
    if value is None or type(value) in _PLAIN:
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if type(value) in (list, tuple, set, frozenset):
        return _collection(value)
    if type(value) is dict:
        pairs = [(literal(name), literal(item)) for name, item in value.items()]
        written = [f"{name}: {item}" for name, item in pairs if name and item]
        return f"{{{', '.join(written)}}}" if len(written) == len(pairs) else None
    return None


def _collection(value: Any) -> str | None:
    written = _all(literal(item) for item in (value if _ordered(value) else _sorted(value)))
    if written is None:
        return None
    inner = ", ".join(written)
    if type(value) is list:
        return f"[{inner}]"
    if type(value) is tuple:
        return f"({inner},)" if len(written) == 1 else f"({inner})"
    shown = f"{{{inner}}}" if written else "()"
    return shown if type(value) is set and written else f"{type(value).__name__}({shown})"


def _ordered(value: Any) -> bool:
    return type(value) in (list, tuple)


def _sorted(value: Iterable[Any]) -> list[Any]:
    return sorted(value, key=repr)  # the order of a set differs from process to process


def _all(written: Iterable[str | None]) -> list[str] | None:
    found = list(written)
    whole = [one for one in found if one is not None]
    return whole if len(whole) == len(found) else None


def arguments(*positional: str, **named: str | None) -> str:
    """Return the inside of a call's brackets; what is None is left out."""
    given = [f"{name}={source}" for name, source in named.items() if source is not None]
    return ", ".join([*positional, *given])


def keywords(fields: Mapping[str, str]) -> str:
    """Return fields as keyword arguments, also those whose names are no identifiers."""
    plain = [f"{name}={source}" for name, source in fields.items() if _is_name(name)]
    odd = [f"{name!r}: {source}" for name, source in fields.items() if not _is_name(name)]
    return ", ".join([*plain, *([f"**{{{', '.join(odd)}}}"] if odd else [])])


def mapping(fields: Mapping[str, str]) -> str:
    """Return fields as a dict."""
    return f"{{{', '.join(f'{name!r}: {source}' for name, source in fields.items())}}}"


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def replaying(source: str, name: str, turns: int | None) -> list[str]:
    """Return statements that replay a branch.

    Args:
        source: Gives the session on the branch.
        name: The new branch's name.
        turns: After how many turns it stops; None: it does not.
    """
    if turns is None:
        return [f"{source}.replay(name={name!r})"]
    begin = "stop = __import__('threading').Event()"
    if turns == 0:
        return [begin, "stop.set()", f"{source}.replay(name={name!r}, cancel=stop)"]
    until = f"lambda done, _: done == {turns} and stop.set()"
    return [begin, f"{source}.replay(name={name!r}, cancel=stop, progress={until})"]
