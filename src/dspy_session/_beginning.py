"""The beginning of any value as text, at the cost of the beginning."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from ._as_text import DEEPEST, ONE_LINE, as_text


def beginning(value: Any, chars: int) -> tuple[str, int, int]:
    """Return the first characters of ``as_text(value)``, and how many characters and items follow.

    Of a long list or mapping only the beginning is looked at. Then ``characters`` says how many
    follow at least, and ``items`` how many entries were not looked at.
    """
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return value[:chars], max(0, len(value) - chars), 0
    # What is cut must not come to fit on one line.
    some = _Some(max(chars, ONE_LINE + 1))
    text = as_text(some.of(value))
    return text[:chars], max(0, len(text) - chars) + some.left_out, some.items_left_out


class _Some:
    """Takes as much of a value as fills some characters; its text begins as the value's does."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.left_out = 0
        self.items_left_out = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        """Return the value, or as much of it as there is room for."""
        if isinstance(value, enum.Enum) or depth > DEEPEST:
            return value
        if isinstance(value, str):
            return self._text(value)
        # Whatever it is, its text has two characters at least.
        self.room -= 2
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        return self._list(value, depth) if isinstance(value, (list, tuple)) else value

    def _text(self, value: str) -> str:
        if "base64," in value:  # may be summarised, which takes the whole
            return value
        kept = value[: max(self.room, 0) + 1]
        self.left_out += len(value) - len(kept)
        self.room -= len(kept)
        return kept

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        kept: dict[Any, Any] = {}
        for name, item in value.items():
            if self.room <= 0:
                break
            kept[name] = self.of(item, depth + 1)
        self._leave(len(value) - len(kept))
        return kept

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        kept: list[Any] = []
        for item in value:
            if self.room <= 0:
                break
            kept.append(self.of(item, depth + 1))
        self._leave(len(value) - len(kept))
        return kept

    def _leave(self, items: int) -> None:
        self.items_left_out += items
        self.left_out += items
