"""The tables of a SQL store, and how older ones become the present ones.

On SQLite they are those of :class:`~dspy_session.stores.SQLiteSessionStore`: either store opens a
file of the other.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from typing_extensions import override

from ..errors import StoreError, StoreVersionError
from ._sqlite_connections import told
from ._sqlite_schema import migrated as sqlite_migrated
from .sqlite import _read, _written

# Each step brings a PostgreSQL store from the version that is its position to the next one. Steps
# are never changed once released, only added.
_STEPS = (
    (
        'CREATE SEQUENCE "{name}_place"',
        """
        CREATE TABLE "{name}" (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            session_id TEXT NOT NULL UNIQUE,
            user_id TEXT,
            status TEXT NOT NULL,
            metadata TEXT NOT NULL,
            created_at TIMESTAMPTZ NOT NULL,
            updated_at TIMESTAMPTZ NOT NULL,
            version BIGINT NOT NULL,
            place BIGINT NOT NULL UNIQUE,
            turns BIGINT NOT NULL,
            branches BIGINT NOT NULL,
            preview TEXT NOT NULL,
            layout TEXT NOT NULL,
            batch TEXT NOT NULL
        )
        """,
        'CREATE INDEX "{name}_of_user" ON "{name}" (user_id, place)',
        """
        CREATE TABLE "{name}_rows" (
            session BIGINT NOT NULL REFERENCES "{name}" (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            body TEXT NOT NULL,
            text TEXT,
            PRIMARY KEY (session, kind, key)
        )
        """,
        """
        CREATE TABLE "{name}_metadata" (
            session BIGINT NOT NULL REFERENCES "{name}" (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (session, name)
        )
        """,
        # An index entry holds at most 2,700 bytes, and a value may be longer.
        'CREATE INDEX "{name}_by_metadata" ON "{name}_metadata" (name, md5(value))',
        'CREATE TABLE "{name}_schema" (version INTEGER NOT NULL)',
        'INSERT INTO "{name}_schema" VALUES (0)',
    ),
)
VERSION = len(_STEPS)


class _Moment(sa.TypeDecorator[datetime.datetime]):
    """An aware UTC datetime: ``TIMESTAMPTZ``, or on SQLite text that sorts as the moments do."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))

    @override
    def process_bind_param(self, value: datetime.datetime | None, dialect: sa.Dialect) -> Any:
        return _written(value) if value is not None and dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime.datetime | None:
        if isinstance(value, str):
            return _read(value)
        return None if value is None else value.astimezone(datetime.timezone.utc)


@dataclasses.dataclass(frozen=True)
class Tables:
    """The tables of one store, as statements name them."""

    name: str
    sessions: sa.Table
    rows: sa.Table
    metadata: sa.Table

    @classmethod
    def named(cls, name: str) -> Tables:
        """Return the tables of the store of that name, which is a checked one."""
        schema = sa.MetaData()
        text, number = sa.Text, sa.BigInteger
        sessions = sa.Table(
            name,
            schema,
            sa.Column("id", number, primary_key=True),
            *(sa.Column(column, text) for column in ("session_id", "user_id", "status")),
            sa.Column("metadata", text),
            sa.Column("created_at", _Moment),
            sa.Column("updated_at", _Moment),
            *(sa.Column(column, number) for column in ("version", "place", "turns", "branches")),
            *(sa.Column(column, text) for column in ("preview", "layout", "batch")),
        )
        rows = sa.Table(
            f"{name}_rows",
            schema,
            sa.Column("session", number, primary_key=True),
            sa.Column("kind", text, primary_key=True),
            sa.Column("key", text, primary_key=True),
            sa.Column("body", text),
            sa.Column("text", text),
        )
        metadata = sa.Table(
            f"{name}_metadata",
            schema,
            sa.Column("session", number, primary_key=True),
            sa.Column("name", text, primary_key=True),
            sa.Column("value", text),
        )
        return cls(name, sessions, rows, metadata)

    def next_place(self, dialect: str) -> sa.ColumnElement[int]:
        """The next place in the order of last writes."""
        if dialect == "postgresql":
            return sa.Sequence(f"{self.name}_place").next_value()
        highest = sa.select(sa.func.coalesce(sa.func.max(self.sessions.c.place), 0) + 1)
        return highest.scalar_subquery()

    def put_rows(self, dialect: str) -> Any:
        """A statement that writes a row, in the place of one of its name."""
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        statement = insert(self.rows)
        return statement.on_conflict_do_update(
            index_elements=["session", "kind", "key"],
            set_={"body": statement.excluded.body, "text": statement.excluded.text},
        )

    def new_session(self, dialect: str) -> Any:
        """A statement that adds a session unless there is one of its id; it returns the number."""
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        statement = insert(self.sessions).on_conflict_do_nothing(index_elements=["session_id"])
        return statement.returning(self.sessions.c.id)

    def has_metadata(self, name: str, value: str, dialect: str) -> sa.ColumnElement[bool]:
        """Whether a session's metadata has a value."""
        found = self.metadata.c
        conditions = [found.session == self.sessions.c.id, found.name == name, found.value == value]
        if dialect == "postgresql":
            digest = hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
            conditions.append(sa.func.md5(found.value) == digest)
        return sa.exists().where(*conditions)

    def said(self, text: str, dialect: str) -> sa.ColumnElement[bool]:
        """Whether some row of a session holds a text."""
        find = sa.func.strpos if dialect == "postgresql" else sa.func.instr
        found = self.rows.c
        return sa.exists().where(found.session == self.sessions.c.id, find(found.text, text) > 0)


def migrated(connection: sa.Connection, name: str) -> tuple[int, int]:
    """Bring the tables of a store to the present version; return the version before and after.

    Raises:
        StoreVersionError: A newer version of this package wrote them.
        StoreError: A table of that name belongs to something else.
    """
    if connection.dialect.name == "sqlite":
        with told(Path(str(connection.engine.url.database))):
            return sqlite_migrated(connection.connection.driver_connection, name)  # type: ignore[arg-type]
    before = _version(connection, name)
    if before == VERSION:
        return before, before
    # One process makes the tables; the others wait here and then find them.
    lock = int.from_bytes(hashlib.sha256(f"dspy-session {name}".encode()).digest()[:7], "big")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    before = _version(connection, name)
    if not before and sa.inspect(connection).has_table(name):
        msg = (
            f"the database has a table {name!r} that this package did not make; "
            f"choose another table_name= or another database"
        )
        raise StoreError(msg)
    for step in _STEPS[before:]:
        for statement in step:
            connection.exec_driver_sql(statement.format(name=name))
    schema = sa.table(f"{name}_schema", sa.column("version"))
    connection.execute(schema.update().values(version=VERSION))
    return before, VERSION


def _version(connection: sa.Connection, name: str) -> int:
    if not sa.inspect(connection).has_table(f"{name}_schema"):
        return 0
    schema = sa.table(f"{name}_schema", sa.column("version", sa.Integer))
    found = connection.execute(sa.select(sa.func.max(schema.c.version))).scalar()
    if not isinstance(found, int) or found > VERSION:
        msg = (
            f"the store {name!r} has version {found!r:.40}, and this dspy-session knows up to "
            f"{VERSION}; install a newer one to open it"
        )
        raise StoreVersionError(msg)
    return found
