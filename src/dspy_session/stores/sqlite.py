"""Sessions in a SQLite file: durable, for one machine, nothing to install."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override

from ..errors import ArgumentError, DamagedRowError
from ._checks import checked_id, metadata_items
from ._sqlite_connections import Connections, checked_file
from ._sqlite_schema import checked_table_name, migrated
from ._store import SessionStore
from ._values import Batch, Row, SessionInfo, SessionQuery, SessionRows

_COLUMNS = (
    "session_id, user_id, status, metadata, created_at, updated_at, version, place, turns, "
    "branches, preview, layout, batch"
)
_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
_KEYS_AT_ONCE = 400
"""Older SQLite takes 999 values in one statement."""


class SQLiteSessionStore(SessionStore):
    """A store in a SQLite file.

    What was appended survives ``kill -9`` and a power cut. Several processes may have the file
    open, on one machine: SQLite's write-ahead log does not work over network drives.

    Args:
        path: The file; its folder is made when missing.
        table_name: Name of the table, and prefix of the others: several stores fit in one file.
        synchronous: ``"FULL"`` waits for the disk at each append; ``"NORMAL"`` is faster, and a
            power cut may take the last appends (a crash of the process never does).
        busy_timeout_s: Seconds to wait for other writers.

    Raises:
        ArgumentError: An argument's value makes no sense.
        StoreVersionError: A newer version of this package wrote the file.
        StoreUnavailableError: The file cannot be opened.
    """

    def __init__(
        self,
        path: str | Path = "sessions.db",
        table_name: str = "sessions",
        *,
        synchronous: str = "FULL",
        busy_timeout_s: float = 30.0,
    ) -> None:
        if synchronous not in _SYNCHRONOUS:
            msg = f"synchronous is one of {', '.join(_SYNCHRONOUS)}, got {synchronous!r:.80}"
            raise ArgumentError(msg)
        self._name = checked_table_name(table_name)
        self._path = checked_file(path)
        self._migrated = (0, 0)
        self._connections = Connections(
            self._path, synchronous, float(busy_timeout_s), self._prepare
        )
        self._sql = _Statements(self._name)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._migrated = migrated(connection, self._name)

    # --- writing -----------------------------------------------------------------------------

    @override
    def append(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        checked_id(session_id)
        sql = self._sql
        with self._connections.writer() as connection:
            found = connection.execute(sql.present, (session_id,)).fetchone()
            number, present = (None, None) if found is None else (found[0], _info(found[1:]))
            place = (
                connection.execute(sql.next_place).fetchone()[0] if batch.touch or not found else 0
            )
            new = batch.applied(present, session_id, expected_version, place)
            if new is present:
                return new.version
            values = _values(new)
            if number is None:
                number = connection.execute(sql.insert, values).lastrowid
            else:
                connection.execute(sql.update, (*values, number))
            if "metadata" in batch.info:
                connection.execute(sql.forget_metadata, (number,))
                items = metadata_items(new.metadata).items()
                connection.executemany(sql.put_metadata, [(number, *item) for item in items])
            if batch.gone:
                connection.executemany(sql.forget, [(number, *name) for name in batch.gone])
            connection.executemany(
                sql.put, [(number, row.kind, row.key, row.body, row.text) for row in batch.rows]
            )
        return new.version

    @override
    def delete(self, session_id: str) -> bool:
        checked_id(session_id)
        with self._connections.writer() as connection:
            return connection.execute(self._sql.delete, (session_id,)).rowcount > 0

    @override
    def clear(self) -> int:
        with self._connections.writer() as connection:
            return connection.execute(self._sql.clear).rowcount

    # --- reading -----------------------------------------------------------------------------

    @override
    def info(self, session_id: str) -> SessionInfo | None:
        checked_id(session_id)
        with self._connections.reader() as connection:
            found = connection.execute(self._sql.present, (session_id,)).fetchone()
        return None if found is None else _info(found[1:])

    @override
    def load(self, session_id: str) -> SessionRows | None:
        checked_id(session_id)
        with self._connections.reader() as connection:
            found = connection.execute(self._sql.present, (session_id,)).fetchone()
            rows = [] if found is None else _fetched(connection, self._sql.rows, (found[0],))
        if found is None:
            return None
        return SessionRows(_info(found[1:]), [Row(*row) for row in rows])

    @override
    def rows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        checked_id(session_id)
        wanted: dict[str, list[str] | None] = {}
        for kind, key in keys:
            some = wanted.setdefault(kind, [])
            if some is not None:
                some.append(key)
        wanted.update(dict.fromkeys(kinds))
        found: dict[tuple[str, str], Row] = {}
        with self._connections.reader() as connection:
            session = connection.execute(self._sql.number, (session_id,)).fetchone() or (None,)
            for kind, some in wanted.items():
                for part in [None] if some is None else _parts(some):
                    sql = self._sql.some_rows(None if part is None else len(part))
                    for row in _fetched(connection, sql, (*session, kind, *(part or ()))):
                        found[row[0], row[1]] = Row(*row)
        return list(found.values())

    @override
    def page(self, query: SessionQuery) -> list[SessionInfo]:
        sql, bound = self._sql.page(query)
        with self._connections.reader() as connection:
            found = connection.execute(sql, bound).fetchall()
        return [_info(row) for row in found]

    # --- the file ----------------------------------------------------------------------------

    @override
    def migrate(self) -> tuple[int, int]:
        with self._connections.writer():
            return self._migrated

    @override
    def problems(self) -> list[str]:
        with self._connections.reader() as connection:
            found = [str(one) for (one,) in connection.execute("PRAGMA integrity_check(20)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        told = [] if found == ["ok"] else found
        return [*told, *(f"table {row[0]} has a row without its session" for row in broken)]

    @override
    def close(self) -> None:
        self._connections.close()

    def __repr__(self) -> str:
        return f"SQLiteSessionStore({str(self._path)!r}, table_name={self._name!r})"


class _Statements:
    """The SQL of one store. Table names are checked; every value is bound."""

    def __init__(self, name: str) -> None:
        count = _COLUMNS.count(",") + 1
        columns = _COLUMNS.replace(",", " = ?,") + " = ?"
        # Quoted: a store may be called "order".
        sessions, rows, metadata = f'"{name}"', f'"{name}_rows"', f'"{name}_metadata"'
        self._sessions, self._rows, self._metadata = sessions, rows, metadata
        # ruff: noqa: S608  # the only thing put in is a checked table name
        self.present = f"SELECT id, {_COLUMNS} FROM {sessions} WHERE session_id = ?"
        self.number = f"SELECT id FROM {sessions} WHERE session_id = ?"
        self.next_place = f"SELECT coalesce(max(place), 0) + 1 FROM {sessions}"
        marks = ", ".join("?" * count)
        self.insert = f"INSERT INTO {sessions} ({_COLUMNS}) VALUES ({marks})"
        self.update = f"UPDATE {sessions} SET {columns} WHERE id = ?"
        self.put = f"INSERT OR REPLACE INTO {rows} VALUES (?, ?, ?, ?, ?)"
        self.forget = f"DELETE FROM {rows} WHERE session = ? AND kind = ? AND key = ?"
        self.put_metadata = f"INSERT INTO {metadata} VALUES (?, ?, ?)"
        self.forget_metadata = f"DELETE FROM {metadata} WHERE session = ?"
        self.rows = f"SELECT kind, key, body, text FROM {rows} WHERE session = ?"
        self.delete = f"DELETE FROM {sessions} WHERE session_id = ?"
        self.clear = f"DELETE FROM {sessions}"

    def some_rows(self, count: int | None) -> str:
        """SQL for rows of one kind of a session: those with some keys; None: all of them."""
        keys = "" if count is None else f" AND key IN ({', '.join('?' * count)})"
        return f"{self.rows} AND kind = ?{keys}"

    def page(self, query: SessionQuery) -> tuple[str, list[Any]]:
        """SQL for one page of summaries, and the values to bind."""
        conditions, bound = ["1"], []
        for column, value in (("user_id =", query.user_id), ("status =", query.status)):
            if value is not None:
                conditions.append(f"s.{column} ?")
                bound.append(value)
        if query.before_place is not None:
            conditions.append("s.place < ?")
            bound.append(query.before_place)
        if query.updated_before is not None:
            conditions.append("s.updated_at < ?")
            bound.append(_written(query.updated_before))
        for item in query.metadata.items():
            conditions.append(
                f"EXISTS (SELECT 1 FROM {self._metadata} m "
                f"WHERE m.session = s.id AND m.name = ? AND m.value = ?)"
            )
            bound += item
        if query.text is not None:
            conditions.append(
                f"EXISTS (SELECT 1 FROM {self._rows} r "
                f"WHERE r.session = s.id AND instr(r.text, ?) > 0)"
            )
            bound.append(query.text)
        columns = ", ".join(f"s.{column.strip()}" for column in _COLUMNS.split(","))
        sql = (
            f"SELECT {columns} FROM {self._sessions} s WHERE {' AND '.join(conditions)} "
            f"ORDER BY s.place DESC LIMIT ?"
        )
        return sql, [*bound, query.limit]


def _parts(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + _KEYS_AT_ONCE] for start in range(0, len(keys), _KEYS_AT_ONCE)]


def _fetched(connection: sqlite3.Connection, sql: str, bound: Sequence[Any]) -> list[Any]:
    """Return rows whose texts are texts: what is no UTF-8 any more comes back empty."""
    try:
        return connection.execute(sql, bound).fetchall()
    except sqlite3.OperationalError as problem:
        if "decode" not in str(problem):
            raise
    connection.text_factory = _text_or_nothing
    try:
        return connection.execute(sql, bound).fetchall()
    finally:
        connection.text_factory = str


def _text_or_nothing(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _written(moment: datetime.datetime) -> str:
    """UTC as text of one length, which sorts as the moments do."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read(text: str) -> datetime.datetime:
    naive = datetime.datetime.fromisoformat(text.removesuffix("Z"))
    return naive.replace(tzinfo=datetime.timezone.utc)


def _values(info: SessionInfo) -> tuple[Any, ...]:
    return (
        info.session_id,
        info.user_id,
        info.status,
        json.dumps(info.metadata, ensure_ascii=False),
        _written(info.created_at),
        _written(info.updated_at),
        info.version,
        info.place,
        info.turns,
        info.branches,
        info.preview,
        info.layout,
        info.batch,
    )


def _info(row: Sequence[Any]) -> SessionInfo:
    session_id, user_id, status, metadata, created, updated, *rest = row
    try:
        read = json.loads(metadata), _read(created), _read(updated)
        return SessionInfo(session_id, user_id, status, *read, *rest)
    except (TypeError, ValueError, AttributeError) as problem:
        msg = f"the header of session {session_id!r} is damaged: {problem}"
        raise DamagedRowError(msg) from None
