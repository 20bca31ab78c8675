"""Sessions in PostgreSQL, for several machines; and in SQLite, by the same statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import sqlalchemy as sa
from typing_extensions import override

from ..errors import ArgumentTypeError, DamagedRowError
from ._checks import checked_id, metadata_items
from ._sql_engines import Engines
from ._sql_tables import Tables, migrated
from ._sqlite_schema import checked_table_name
from ._store import SessionStore
from ._values import Batch, Row, SessionInfo, SessionQuery, SessionRows

T = TypeVar("T")
Work: TypeAlias = Callable[[sa.Connection], T]
"""What happens in one transaction, for synchronous and asynchronous callers alike."""

_KEYS_AT_ONCE = 400


class SQLSessionStore(SessionStore):
    """A store in a PostgreSQL database.

    What was appended survives a crash of the client and, with PostgreSQL as it comes, of the
    server. Two writers of one session are ordered by a lock on its row; writers of different
    sessions do not wait for each other.

    The tables are made when first needed. Several processes may begin on an empty database at once.

    Args:
        url: ``postgresql://user:password@host/database`` (by way of psycopg 3), or
            ``sqlite:///chats.db``: the same file as a ``SQLiteSessionStore``'s, slower.
        table_name: Name of the table, and prefix of the others: several stores fit in one database.

    Raises:
        ArgumentError: An argument's value makes no sense.
        ArgumentTypeError: An argument is of the wrong type.
        MissingExtraError: The packages of the extra ``sql`` are not installed.
    """

    def __init__(self, url: str, table_name: str = "sessions") -> None:
        if not isinstance(url, str):
            msg = f"url is a str, got {type(url).__name__}"
            raise ArgumentTypeError(msg)
        self._tables = Tables.named(checked_table_name(table_name))
        self._engines = Engines(url, self._prepare)
        self._migrated = (0, 0)

    def _prepare(self, connection: sa.Connection) -> None:
        self._migrated = migrated(connection, self._tables.name)

    @property
    def _dialect(self) -> str:
        return self._engines.dialect

    # --- writing -----------------------------------------------------------------------------

    @override
    def append(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        return self._engines.run(self._append(session_id, batch, expected_version))

    @override
    async def aappend(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        return await self._engines.arun(self._append(session_id, batch, expected_version))

    def _append(self, session_id: str, batch: Batch, expected_version: int) -> Work[int]:
        checked_id(session_id)

        def work(connection: sa.Connection) -> int:
            number, present, new = None, None, None
            while number is None:
                number, present = self._locked(connection, session_id)
                new = batch.applied(present, session_id, expected_version, place=0)
                if new is present:
                    return new.version
                if present is None:  # None again when another process adds it just now
                    number = self._added(connection, new)
            assert new is not None  # noqa: S101  # the loop went round at least once
            if present is not None:
                self._update(connection, number, new, touch=batch.touch)
            self._write(connection, number, new, batch)
            return new.version

        return work

    def _locked(
        self, connection: sa.Connection, session_id: str
    ) -> tuple[int | None, SessionInfo | None]:
        """Return a session's number and summary, which nobody else changes until we are done."""
        table = self._tables.sessions
        wanted = sa.select(table).where(table.c.session_id == session_id).with_for_update()
        found = connection.execute(wanted).first()
        return (None, None) if found is None else (found.id, _info(found))

    def _added(self, connection: sa.Connection, new: SessionInfo) -> int | None:
        values = {**_values(new), "place": self._tables.next_place(self._dialect)}
        statement = self._tables.new_session(self._dialect).values(values)
        return connection.execute(statement).scalar()

    def _update(
        self, connection: sa.Connection, number: int, new: SessionInfo, *, touch: bool
    ) -> None:
        table = self._tables.sessions
        values = _values(new)
        if touch:
            values["place"] = self._tables.next_place(self._dialect)
        connection.execute(table.update().where(table.c.id == number).values(values))

    def _write(
        self, connection: sa.Connection, number: int, new: SessionInfo, batch: Batch
    ) -> None:
        rows, metadata = self._tables.rows, self._tables.metadata
        if "metadata" in batch.info:
            connection.execute(metadata.delete().where(metadata.c.session == number))
            items = metadata_items(new.metadata).items()
            values = [{"session": number, "name": name, "value": value} for name, value in items]
            if values:
                connection.execute(metadata.insert(), values)
        if batch.gone:
            name = sa.tuple_(rows.c.kind, rows.c.key).in_(batch.gone)
            connection.execute(rows.delete().where(rows.c.session == number, name))
        written = [
            {
                "session": number,
                "kind": row.kind,
                "key": row.key,
                "body": row.body,
                "text": row.text,
            }
            for row in batch.rows
        ]
        if written:
            connection.execute(self._tables.put_rows(self._dialect), written)

    @override
    def delete(self, session_id: str) -> bool:
        return self._engines.run(self._delete(session_id))

    @override
    async def adelete(self, session_id: str) -> bool:
        return await self._engines.arun(self._delete(session_id))

    def _delete(self, session_id: str) -> Work[bool]:
        checked_id(session_id)
        table = self._tables.sessions
        statement = table.delete().where(table.c.session_id == session_id)

        def work(connection: sa.Connection) -> bool:
            return connection.execute(statement).rowcount > 0

        return work

    @override
    def clear(self) -> int:
        statement = self._tables.sessions.delete()
        return self._engines.run(lambda connection: connection.execute(statement).rowcount)

    # --- reading -----------------------------------------------------------------------------

    @override
    def info(self, session_id: str) -> SessionInfo | None:
        return self._engines.run(self._read_info(session_id), reading=True)

    @override
    async def ainfo(self, session_id: str) -> SessionInfo | None:
        return await self._engines.arun(self._read_info(session_id), reading=True)

    def _read_info(self, session_id: str) -> Work[SessionInfo | None]:
        checked_id(session_id)
        table = self._tables.sessions
        wanted = sa.select(table).where(table.c.session_id == session_id)

        def work(connection: sa.Connection) -> SessionInfo | None:
            found = connection.execute(wanted).first()
            return None if found is None else _info(found)

        return work

    @override
    def load(self, session_id: str) -> SessionRows | None:
        # Its twin runs this in a thread: reading a long session would hold an event loop up.
        checked_id(session_id)
        table, rows = self._tables.sessions, self._tables.rows

        def work(connection: sa.Connection) -> SessionRows | None:
            head = sa.select(table).where(table.c.session_id == session_id)
            found = connection.execute(head).first()
            if found is None:
                return None
            wanted = sa.select(rows.c.kind, rows.c.key, rows.c.body, rows.c.text)
            read = connection.execute(wanted.where(rows.c.session == found.id))
            return SessionRows(_info(found), [Row(*row) for row in read.all()])

        return self._engines.run(work, reading=True)

    @override
    def rows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        return self._engines.run(self._read_rows(session_id, kinds, keys), reading=True)

    @override
    async def arows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        return await self._engines.arun(self._read_rows(session_id, kinds, keys), reading=True)

    def _read_rows(
        self, session_id: str, kinds: Sequence[str], keys: Sequence[tuple[str, str]]
    ) -> Work[list[Row]]:
        checked_id(session_id)
        table, rows = self._tables.sessions, self._tables.rows
        wanted = (
            sa.select(rows.c.kind, rows.c.key, rows.c.body, rows.c.text)
            .join(table, rows.c.session == table.c.id)
            .where(table.c.session_id == session_id)
        )
        conditions = [rows.c.kind.in_(list(kinds))] if kinds else []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = [tuple(key) for key in keys[start : start + _KEYS_AT_ONCE]]
            conditions.append(sa.tuple_(rows.c.kind, rows.c.key).in_(part))

        def work(connection: sa.Connection) -> list[Row]:
            found: dict[tuple[str, str], Row] = {}
            for condition in conditions:
                for row in connection.execute(wanted.where(condition)).all():
                    found[row.kind, row.key] = Row(*row)
            return list(found.values())

        return work

    @override
    def page(self, query: SessionQuery) -> list[SessionInfo]:
        return self._engines.run(self._read_page(query), reading=True)

    @override
    async def apage(self, query: SessionQuery) -> list[SessionInfo]:
        return await self._engines.arun(self._read_page(query), reading=True)

    def _read_page(self, query: SessionQuery) -> Work[list[SessionInfo]]:
        table = self._tables.sessions
        conditions: list[sa.ColumnElement[bool]] = []
        if query.user_id is not None:
            conditions.append(table.c.user_id == query.user_id)
        if query.status is not None:
            conditions.append(table.c.status == query.status)
        if query.before_place is not None:
            conditions.append(table.c.place < query.before_place)
        if query.updated_before is not None:
            conditions.append(table.c.updated_at < query.updated_before)
        for name, value in query.metadata.items():
            conditions.append(self._tables.has_metadata(name, value, self._dialect))
        if query.text is not None:
            conditions.append(self._tables.said(query.text, self._dialect))
        wanted = sa.select(table).where(*conditions).order_by(table.c.place.desc())
        limited = wanted.limit(query.limit)

        def work(connection: sa.Connection) -> list[SessionInfo]:
            return [_info(row) for row in connection.execute(limited).all()]

        return work

    # --- the database ------------------------------------------------------------------------

    @override
    def migrate(self) -> tuple[int, int]:
        self._engines.run(lambda _: None)
        return self._migrated

    @override
    def close(self) -> None:
        self._engines.close()

    @override
    async def aclose(self) -> None:
        await self._engines.aclose()

    def __repr__(self) -> str:
        return f"SQLSessionStore({self._engines.place!r}, table_name={self._tables.name!r})"


def _values(info: SessionInfo) -> dict[str, Any]:
    """Columns to values, all but the place."""
    names = ("session_id", "user_id", "status", "created_at", "updated_at", "version", "turns")
    values = {name: getattr(info, name) for name in (*names, "branches", "preview", "layout")}
    metadata = json.dumps(info.metadata, ensure_ascii=False)
    return {**values, "metadata": metadata, "batch": info.batch}


def _info(row: Any) -> SessionInfo:
    values = dict(row._mapping)
    del values["id"]
    try:
        values["metadata"] = json.loads(values["metadata"])
        return SessionInfo(**values)
    except (TypeError, ValueError) as problem:
        msg = f"the header of session {values['session_id']!r} is damaged: {problem}"
        raise DamagedRowError(msg) from None
