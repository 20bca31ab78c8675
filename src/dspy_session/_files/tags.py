"""What the writers and readers of tagged JSON share: the tag, and where a problem lies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

TAG: Final = "$type"
"""The key that marks an object as a tagged value."""


class Unencodable(Exception):  # noqa: N818  # never leaves the package
    """A value cannot be written; the path grows as the error rises, innermost key first."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.path: list[Any] = []
        super().__init__(reason)


class Undecodable(Exception):  # noqa: N818  # never leaves the package
    """Data cannot be read; the path grows as the error rises, innermost key first."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.path: list[Any] = []
        super().__init__(reason)


@dataclasses.dataclass(frozen=True, slots=True)
class Reader:
    """What the reader of one tagged value needs to read those inside it."""

    types: Mapping[str, type]
    read: Callable[[Any], Any]


def tagged(kind: str, /, **parts: Any) -> dict[str, Any]:
    """Return a tagged value."""
    return {TAG: kind, **parts}


_SHOWN_KEYS = 12


def path_text(path: Sequence[Any]) -> str:
    """Return a path as a person would write it: ``outputs.people[3].name``."""
    text = ""
    for key in path[:_SHOWN_KEYS]:
        if isinstance(key, str) and (key.isidentifier() or not text):
            text += f".{key}" if text else key
        else:
            text += f"[{key!r:.80}]"
    return text + "…" if len(path) > _SHOWN_KEYS else text
