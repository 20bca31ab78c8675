"""The tables of a SQLite store, and how older ones become the present ones."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from ..errors import ArgumentError, ArgumentTypeError, StoreError, StoreVersionError

_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,47}")

# Each step brings a store from the version that is its position to the next one. Steps are never
# changed once released, only added: files written by every version open in the newest.
_STEPS = (
    (
        """
        CREATE TABLE "{name}" (
            id INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL UNIQUE,
            user_id TEXT,
            status TEXT NOT NULL,
            metadata TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            version INTEGER NOT NULL,
            place INTEGER NOT NULL UNIQUE,
            turns INTEGER NOT NULL,
            branches INTEGER NOT NULL,
            preview TEXT NOT NULL,
            layout TEXT NOT NULL,
            batch TEXT NOT NULL
        )
        """,
        'CREATE INDEX "{name}_of_user" ON "{name}" (user_id, place)',
        """
        CREATE TABLE "{name}_rows" (
            session INTEGER NOT NULL REFERENCES "{name}" (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            body TEXT NOT NULL,
            text TEXT,
            PRIMARY KEY (session, kind, key)
        )
        """,
        """
        CREATE TABLE "{name}_metadata" (
            session INTEGER NOT NULL REFERENCES "{name}" (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (session, name)
        ) WITHOUT ROWID
        """,
        'CREATE INDEX "{name}_by_metadata" ON "{name}_metadata" (name, value)',
    ),
)
VERSION = len(_STEPS)


def checked_table_name(name: Any) -> str:
    """Return a table name if it is a plain one: letters, digits and ``_``, at most 48.

    Raises:
        ArgumentTypeError: It is no str.
        ArgumentError: It has other characters, or SQLite keeps the name for itself.
    """
    if not isinstance(name, str):
        msg = f"table_name is a str, got {type(name).__name__}"
        raise ArgumentTypeError(msg)
    if not _TABLE_NAME.fullmatch(name) or name.lower().startswith("sqlite_"):
        msg = (
            f"table_name has 1 to 48 letters, digits and '_', begins with no digit and not with "
            f"'sqlite_', got {name!r:.80}"
        )
        raise ArgumentError(msg)
    return name


def migrated(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    """Bring the tables of a store to the present version; return the version before and after.

    Raises:
        StoreVersionError: A newer version of this package wrote them.
        StoreError: A table of that name belongs to something else.
    """
    before = _version(connection, name)
    if before == VERSION:  # without a lock: most stores are opened often and migrated never
        return before, before
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = _version(connection, name)
        for step in _STEPS[before:]:
            for statement in step:
                connection.execute(statement.format(name=name))
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{name}_schema" (version INTEGER NOT NULL)')
        connection.execute(f'DELETE FROM "{name}_schema"')  # noqa: S608  # a checked name
        connection.execute(f'INSERT INTO "{name}_schema" VALUES (?)', (VERSION,))  # noqa: S608
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return before, VERSION


def _version(connection: sqlite3.Connection, name: str) -> int:
    tables = {
        str(found).lower()
        for (found,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) IN "
            "(?, ?)",
            (name.lower(), f"{name.lower()}_schema"),
        )
    }
    if f"{name.lower()}_schema" not in tables:
        if tables:
            msg = (
                f"the file has a table {name!r} that this package did not make; "
                f"choose another table_name= or another file"
            )
            raise StoreError(msg)
        return 0
    found = connection.execute(f'SELECT max(version) FROM "{name}_schema"').fetchone()[0]  # noqa: S608
    if not isinstance(found, int) or found > VERSION:
        msg = (
            f"the store {name!r} has version {found!r:.40}, and this dspy-session knows up to "
            f"{VERSION}; install a newer one to open it"
        )
        raise StoreVersionError(msg)
    return found
