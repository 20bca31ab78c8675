"""Versions of edits and marks, each made from the one before by what its row sets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rpds import HashTrieMap

from .._files.document_reader import read_mark
from .._files.tags import Undecodable
from .._tree.amendments import NO_EDITS, NO_MARKS
from .._tree.values import Fields
from ._damage import Damage
from ._known import Known
from ._texts import unpacked


class VersionReader:
    """Reads the versions of one kind.

    Args:
        kind: ``edits`` or ``marks``.
        rows: Kind of row to key to body.
        known: Learns what stands where, so that it is never written again.
        damage: What to do about rows that cannot be read.
        edit: Reads the edited fields of a record.
        shared_text: Returns a text with a row of its own.
    """

    def __init__(  # what lies around a version
        self,
        kind: str,
        rows: Mapping[str, Mapping[str, str]],
        known: Known,
        damage: Damage,
        edit: Callable[[str, Any], Fields],
        shared_text: Callable[[str], str],
    ) -> None:
        self._kind, self._rows, self._damage = kind, rows.get(kind, {}), damage
        self._table: Any = getattr(known, kind)
        self._read: Callable[[str, Any], Any] = edit if kind == "edits" else read_mark
        self._shared_text = shared_text
        self._lock = threading.RLock()
        self._versions: dict[int, Any] = {0: None, 1: NO_EDITS if kind == "edits" else NO_MARKS}

    def __len__(self) -> int:
        return 2**53

    def __getitem__(self, number: int) -> HashTrieMap[str, Any] | None:
        """Return a version by its number, and first read those it was made from."""
        known, waiting = self._versions, [number]
        with self._lock:
            while waiting:
                wanted = waiting[-1]
                if wanted in known:
                    waiting.pop()
                    continue
                data = self._guarded(wanted, lambda wanted=wanted: self._json(wanted))
                base = data["base"] if type(data) is dict else 1
                if base not in known and type(base) is int and base < wanted:
                    waiting.append(base)
                    continue
                known[wanted] = self._changed(wanted, known.get(base), data)
                self._table.learn(id(known[wanted]), (wanted, known[wanted]))
        return known[number]

    def _json(self, number: int) -> dict[str, Any]:
        body = self._rows.get(str(number))
        if body is None:
            raise Undecodable("it is missing")
        data = unpacked(body, self._shared_text)
        if type(data["base"]) is not int or type(data["set"]) is not dict:
            raise Undecodable("a version is written as its base and what it sets")
        return data

    def _changed(self, number: int, base: Any, data: Any) -> HashTrieMap[str, Any]:
        version: HashTrieMap[str, Any] = HashTrieMap() if base is None else base
        for name, value in (data or {"set": {}})["set"].items():
            amended = None
            if value is not None:
                amended = self._guarded(number, partial(self._read, name, value))
            if amended is not None:
                version = version.insert(name, amended)
            elif value is None and name in version:
                version = version.discard(name)
        return version

    def _guarded(self, number: int, work: Callable[[], Any]) -> Any:
        return self._damage.guarded(self._kind, str(number), work)
