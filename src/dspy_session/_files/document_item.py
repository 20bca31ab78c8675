"""One object of a document, read with its types checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from .tagged_json import decode
from .tags import Undecodable

T = TypeVar("T")


def damaged(reason: str, *at: Any) -> Undecodable:
    """Return the error for what stands at a place."""
    problem = Undecodable(reason)
    problem.path += reversed(at)
    return problem


def _named(kind: str) -> str:
    return {"dict": "an object", "list": "a list", "str": "text", "NoneType": "null"}.get(
        kind, f"a {kind}"
    )


class Item:
    """One object of a document.

    Args:
        data: What stands there.
        at: Where that is, for errors.

    Raises:
        Undecodable: It is no object; so do all methods when a key holds something else.
    """

    __slots__ = ("_at", "data")

    def __init__(self, data: Any, *at: Any) -> None:
        if not isinstance(data, Mapping):
            raise damaged(f"an object belongs here, not {_named(type(data).__name__)}", *at)
        self.data: Mapping[str, Any] = data
        self._at = at

    def damaged(self, reason: str, key: str) -> Undecodable:
        """Return the error for what stands under a key."""
        return damaged(reason, *self._at, key)

    def _get(self, key: str, wanted: type[T], default: T | None) -> T:
        value = self.data.get(key)
        if type(value) is wanted:
            return value
        if key not in self.data:
            if default is None:
                raise self.damaged("it is missing", key)
            return default
        raise self.damaged(
            f"{_named(wanted.__name__)} belongs here, not {_named(type(value).__name__)}", key
        )

    def items(self, key: str, default: list[Any] | None = None) -> list[Any]:
        """Return a list."""
        return self._get(key, list, default)

    def flag(self, key: str) -> bool:
        """Return true or false; false when it is missing."""
        return self._get(key, bool, default=False)

    def count(self, key: str, default: int | None = None) -> int:
        """Return a number that counts something."""
        value = self._get(key, int, default)
        if not 0 <= value < 2**53:
            raise self.damaged(f"{value:#x} is out of range", key)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Return text, whatever its characters."""
        value = self.data.get(key)
        if type(value) is dict:
            value = decode(value, {}, at=(*self._at, key))
            if type(value) is str:
                return value
        return self._get(key, str, default)

    def maybe_text(self, key: str) -> str | None:
        """Return text, or None when there is none."""
        return None if self.data.get(key) is None else self.text(key)

    def number(self, key: str) -> float | None:
        """Return a number, or None when there is none."""
        value = self.data.get(key)
        if type(value) is dict:
            value = decode(value, {}, at=(*self._at, key))
        if value is None or type(value) in (int, float):
            return value
        raise self.damaged(f"a number belongs here, not {_named(type(value).__name__)}", key)

    def chosen(self, key: str, table: Sequence[T], default: int | None = None) -> T:
        """Return what a number stands for in a table."""
        number = self.count(key, default)
        if number >= len(table):
            raise self.damaged(f"there is no number {number}, the table has {len(table)}", key)
        return table[number]

    def read(self, key: str, reader: Callable[[Any], T]) -> T:
        """Return what a reader makes of the value under a key; its errors name the place."""
        if key not in self.data:
            raise self.damaged("it is missing", key)
        try:
            return reader(self.data[key])
        except Undecodable as problem:
            problem.path += [key, *reversed(self._at)]
            raise
