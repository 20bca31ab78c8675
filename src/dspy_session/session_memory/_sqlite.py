"""Conversations by session id in one SQLite table."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..errors import EncodeError, FileFormatError, StoreError
from ..stores._checks import checked_id
from ..stores._sqlite_connections import close_unless_forked
from ._interface import Item, SessionMemory, checked_items

T = TypeVar("T")

_TABLE = """
CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT PRIMARY KEY,
    conversation_history TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)
"""
_SELECT = "SELECT conversation_history FROM sessions WHERE session_id = ?"
_WRITE = """
INSERT INTO sessions (session_id, conversation_history, created_at, updated_at)
VALUES (?, ?, ?, ?)
ON CONFLICT (session_id) DO UPDATE
SET conversation_history = excluded.conversation_history, updated_at = excluded.updated_at
"""
_BUSY_MS = 30_000


class SQLiteSessionMemory(SessionMemory):
    """Keeps conversations in the table ``sessions`` of a SQLite file, each as one JSON list.

    Files and tables are made when they are first needed. Several tasks, threads and processes may
    use one file: an append is one transaction, so none loses another's items. What was written
    survives the end of the process.

    Args:
        db_path: The file; ``:memory:`` keeps everything in this process, for tests.
    """

    def __init__(self, db_path: str | Path = "agent_sessions.db") -> None:
        self.db_path = str(db_path)
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    # --- the interface ---------------------------------------------------------------------------

    async def load_session(self, session_id: str) -> list[Item]:
        """Return the items of a session, oldest first; empty when there is none.

        Raises:
            FileFormatError: The row holds something else than a JSON list.
        """
        name = checked_id(session_id)
        return await self._run(lambda connection: self._items(connection, name))

    async def save_session(self, session_id: str, conversation_history: list[Item]) -> None:
        """Put these items in the place of all that the session held.

        Raises:
            EncodeError: An item holds something that JSON cannot write.
        """
        name, text = checked_id(session_id), _text(checked_items(conversation_history))
        await self._run(lambda connection: _write(connection, name, text))

    async def append_to_session(self, session_id: str, new_items: list[Item]) -> None:
        """Put items behind those of the session; make the session when there is none.

        Raises:
            EncodeError: An item holds something that JSON cannot write.
            FileFormatError: The row holds something else than a JSON list; it stays as it is.
        """
        name, items = checked_id(session_id), checked_items(new_items)
        _text(items)  # refused before anything is touched

        def append(connection: sqlite3.Connection) -> None:
            _write(connection, name, _text([*self._items(connection, name), *items]))

        await self._run(append)

    async def pop_items(self, session_id: str, count: int = 1) -> list[Item]:
        """Take the newest items off a session in one step; return them, oldest first."""
        name = checked_id(session_id)

        def pop(connection: sqlite3.Connection) -> list[Item]:
            items = self._items(connection, name)
            kept = max(len(items) - count, 0)
            if kept < len(items):
                _write(connection, name, _text(items[:kept]))
            return items[kept:]

        return await self._run(pop)

    async def clear_session(self, session_id: str) -> None:
        """Forget a session; no error when there is none."""
        name = checked_id(session_id)
        await self._run(lambda c: c.execute("DELETE FROM sessions WHERE session_id = ?", (name,)))

    async def list_sessions(self) -> list[str]:
        """Return the ids of all sessions, the one that changed last first."""
        query = "SELECT session_id FROM sessions ORDER BY updated_at DESC, rowid DESC"
        return await self._run(lambda c: [name for (name,) in c.execute(query)])

    async def session_exists(self, session_id: str) -> bool:
        """Whether something was written under this id, and not cleared since."""
        name = checked_id(session_id)
        return await self._run(lambda c: c.execute(_SELECT, (name,)).fetchone() is not None)

    async def cleanup(self) -> None:
        """Close the file; it is opened again when it is needed."""
        await asyncio.to_thread(self._close)

    def __repr__(self) -> str:
        return f"SQLiteSessionMemory({self.db_path!r})"

    # --- the file --------------------------------------------------------------------------------

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run some work as one transaction, in a thread: other coroutines go on meanwhile."""
        return await asyncio.to_thread(self._transaction, work)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._after_fork()
        with self._lock:
            try:
                connection = self._connected()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    result = work(connection)
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                msg = (
                    f"the session memory {self.db_path!r} cannot be used: {error}; check that the "
                    f"file is a SQLite database, that it may be written, and that the disk is not "
                    f"full"
                )
                raise StoreError(msg) from error
        return result

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            if self.db_path != ":memory:":
                Path(self.db_path).parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.db_path, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(_TABLE)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            # A session that made its memory itself leaves nobody to call cleanup.
            self._closing = weakref.finalize(self, close_unless_forked, [connection], self._process)
        return self._connection

    def _after_fork(self) -> None:
        """Begin anew in a child process: SQLite's connections must not cross a fork."""
        if self._process != os.getpid():
            self._start()

    def _close(self) -> None:
        self._after_fork()
        with self._lock:
            if self._connection is not None:
                self._closing()
                self._connection = None

    def _items(self, connection: sqlite3.Connection, session_id: str) -> list[Item]:
        row = connection.execute(_SELECT, (session_id,)).fetchone()
        if row is None:
            return []
        try:
            items: Any = json.loads(row[0])
        except (TypeError, ValueError) as error:
            items = error
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            msg = (
                f"session {session_id!r} in {self.db_path!r}: conversation_history is no JSON list "
                f"of objects; clear_session({session_id!r}) lets the session begin anew"
            )
            raise FileFormatError(msg)
        return items


def _write(connection: sqlite3.Connection, session_id: str, text: str) -> None:
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    connection.execute(_WRITE, (session_id, text, moment, moment))


def _text(items: Sequence[Item]) -> str:
    try:
        return json.dumps(list(items), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"an item cannot be written as JSON: {error}; items hold text, numbers, lists, dicts"
        raise EncodeError(msg) from error
