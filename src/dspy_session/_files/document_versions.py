"""Amendments that changed in many small steps: every version as its difference to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rpds import HashTrieMap

from .tags import Undecodable


class VersionWriter:
    """Numbers the versions of a map from record id to amendment.

    Args:
        encode: Returns an amendment of a record as JSON-ready data.
        order: Sorts record ids; the map itself has no order that would last.
    """

    def __init__(
        self,
        encode: Callable[[str, Any], Any],
        order: Callable[[Iterable[str]], list[str]],
    ) -> None:
        self.written: list[Any] = []
        self._encode = encode
        self._order = order
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # ids are only unique while their objects live
        self._last: dict[str, int] = {}
        self._last_number: int | None = None

    def number(self, version: HashTrieMap[str, Any] | None) -> int:
        """Return the number of a version, written now if it is new."""
        # An empty version is the same one, whichever way it became empty.
        name = -1 if version is not None and not len(version) else id(version)
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = self._write(version)
            self._kept.append(version)
        return number

    def _write(self, version: HashTrieMap[str, Any] | None) -> int:
        if version is None:
            self.written.append(None)
            return len(self.written) - 1
        now = {name: id(value) for name, value in version.items()}
        changed = {name for name, _ in now.items() - self._last.items()}
        gone = self._last.keys() - now.keys()
        if self._last_number is not None and not changed and not gone:
            return self._last_number
        entry: dict[str, Any] = {}
        for name in self._order(changed):
            entry[name] = self._encode(name, version[name])
        for name in self._order(gone):
            entry[name] = None
        self.written.append(entry)
        self._last, self._last_number = now, len(self.written) - 1
        return self._last_number


def read_versions(
    written: list[Any], decode: Callable[[str, Any], Any], empty: HashTrieMap[str, Any]
) -> list[HashTrieMap[str, Any] | None]:
    """Return the versions that a :class:`VersionWriter` wrote, sharing what they have in common."""
    versions: list[HashTrieMap[str, Any] | None] = []
    last = empty
    for number, entry in enumerate(written):
        if entry is None:
            versions.append(None)
            continue
        try:
            last = _changed(last, entry, decode)
        except Undecodable as problem:
            problem.path.append(number)
            raise
        versions.append(last if len(last) else empty)
    return versions


def _changed(
    version: HashTrieMap[str, Any], entry: Any, decode: Callable[[str, Any], Any]
) -> HashTrieMap[str, Any]:
    if not isinstance(entry, Mapping):
        raise Undecodable("a version of the amendments is an object")
    for name, value in entry.items():
        if type(name) is not str:
            raise Undecodable("amendments are filed under record ids")
        version = (
            version.discard(name) if value is None else version.insert(name, decode(name, value))
        )
    return version
