"""The last turns of a stored conversation, without reading the others."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typing_extensions import override

from .._files.known_types import Types
from .._tree.log import Log
from .._tree.record import Record
from .._tree.values import thawed
from ..errors import ArgumentError, BranchNotFoundError, SessionNotFoundError
from ._checks import checked_id
from ._conversation_reader import ConversationReader
from ._known import Known
from ._store import SessionStore
from ._values import Row, SessionInfo, SessionRows

_AROUND = ("branch", "run", "alias", "edits", "seed")


@dataclasses.dataclass(frozen=True, slots=True)
class StoredTurn:
    """One turn as it is stored: what was said, without the history that was seen."""

    index: int
    """Position on the branch, 0 = oldest."""
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    """The outputs that count: as recorded, with edits laid over them."""
    created_at: datetime.datetime
    flags: tuple[str, ...] = ()


def last_turns(
    store: SessionStore,
    session_id: str,
    count: int,
    *,
    branch: str | None = None,
    types: Types | None = None,
) -> list[StoredTurn]:
    """Return the last turns of a branch, oldest first; it reads their rows and no others.

    Args:
        store: The store.
        session_id: The session.
        count: The most to return.
        branch: Name of the branch; None: the first one.
        types: The classes that may be rebuilt, by the names under which they are stored.

    Raises:
        SessionNotFoundError: There is no such session.
        BranchNotFoundError: It has no branch of that name.
        DamagedRowError: One of the rows cannot be read.
    """
    checked_id(session_id)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        msg = f"count is an int of at least 0, got {count!r:.80}"
        raise ArgumentError(msg)
    around = store.rows(session_id, _AROUND)
    reader = _TailReader(session_id, around, types or {}, _fetcher(store, session_id))
    data = reader.branch_data(branch)
    places = reader.places(data["log"], count)
    keys = [("turn", row) for _, row, _ in places]
    reader.add(store.rows(session_id, (), keys))
    edits = reader.edits(data["edits"])
    return [_turn(index, reader.record(row, number), edits) for index, row, number in places]


def _turn(index: int, record: Record, edits: Mapping[str, Mapping[str, Any]]) -> StoredTurn:
    outputs = {**record.outputs, **(edits.get(record.id) or {})}
    return StoredTurn(
        index, record.id, thawed(record.inputs), thawed(outputs), record.created_at, record.flags
    )


def _fetcher(store: SessionStore, session_id: str) -> Callable[[str], str | None]:
    def fetch(key: str) -> str | None:
        found = store.rows(session_id, (), [("text", key)])
        return found[0].body if found else None

    return fetch


class _TailReader(ConversationReader):
    """Reads single turns; ledgers of nested nodes stay empty."""

    def __init__(
        self,
        session_id: str,
        rows: Sequence[Row],
        types: Types,
        fetch: Callable[[str], str | None],
    ) -> None:
        super().__init__(SessionRows(SessionInfo(session_id), rows), types, Known())
        self._rows["text"] = _Fetched(fetch)
        self._rows.setdefault("turn", {})
        self._session_id = session_id

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows of turns in."""
        self._rows["turn"].update({row.key: row.body for row in rows})

    def branch_data(self, name: str | None) -> dict[str, Any]:
        """Return what the row of a branch says."""
        rows = self._rows.get("branch", {})
        if not rows:
            msg = f"the store has no session {self._session_id!r}"
            raise SessionNotFoundError(msg)
        branches: list[dict[str, Any]] = [
            self.damage.guarded("branch", key, lambda body=body: json.loads(body)["branch"])
            for key, body in rows.items()
        ]
        branches.sort(key=lambda data: data["order"])
        if name is None:
            return branches[0]
        for data in branches:
            if data["name"] == name:
                return data
        known = ", ".join(repr(data["name"]) for data in branches)
        msg = f"no branch {name!r} in session {self._session_id!r}; there are {known}"
        raise BranchNotFoundError(msg)

    def places(self, place: Any, count: int) -> list[tuple[int, str, int]]:
        """Return position, row and record number of the last turns of a log, oldest first."""
        if place is None:
            return []
        aliases = {
            (run, position): (row, number)
            for body in self._rows.get("alias", {}).values()
            for run, position, row, number in json.loads(body)
        }
        run, length, first = [*place, 0][:3]
        data = json.loads(self._rows["run"][str(run)])
        found: list[tuple[int, str, int]] = []
        for position in range(length - 1, max(first, length - count) - 1, -1):
            while position < data["start"] and data["base"] is not None:
                run = data["base"][0]
                data = json.loads(self._rows["run"][str(run)])
            row, number = aliases.get((run, position), (f"{run}:{position}", 0))
            found.append((position, row, number))
        return found[::-1]

    def record(self, row: str, number: int) -> Record:
        """Return a record of a turn's row that was added."""
        return self._turns.records(row)[number]

    def edits(self, number: int) -> Mapping[str, Mapping[str, Any]]:
        """Return a version of the edits."""
        return self._versions["edits"][number]

    @override
    def log(self, place: Any) -> Log[Record]:
        return Log()


class _Fetched(dict[str, str]):
    """Rows that are fetched one by one when they are asked for."""

    def __init__(self, fetch: Callable[[str], str | None]) -> None:
        super().__init__()
        self._fetch = fetch

    @override
    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            body = self._fetch(key)
            if body is None:
                return default
            self[key] = body
        return self[key]
