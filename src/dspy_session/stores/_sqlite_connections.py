"""The few connections that a SQLite store keeps to its file: one writes, the others read."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ..errors import ArgumentError, StoreError, StoreUnavailableError

_READERS = 4
"""Read connections kept at most; with more threads than that, some wait."""


class Connections:
    """Hands out connections to one file, to one thread at a time each.

    They are closed when this is collected, or the process ends: a store that a session opened by
    its URL is nobody's to close.

    Args:
        path: The file.
        synchronous: SQLite's setting of that name, e.g. ``FULL``.
        busy_timeout_s: How long to wait for other processes.
        prepare: Called with the first connection, to make or migrate the tables.
    """

    def __init__(
        self,
        path: Path,
        synchronous: str,
        busy_timeout_s: float,
        prepare: Callable[[sqlite3.Connection], object],
    ) -> None:
        self._path, self._synchronous, self._timeout = path, synchronous, busy_timeout_s
        self._prepare = prepare
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._reading = threading.Semaphore(_READERS)
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._opened: set[sqlite3.Connection] = set()
        weakref.finalize(self, close_unless_forked, self._opened, self._process)
        self._closed = False
        self._prepared = False

    @contextmanager
    def writer(self) -> Generator[sqlite3.Connection, None, None]:
        """The connection that writes, inside a transaction that holds the file's write lock."""
        self._after_fork()
        with self._writing, told(self._path):
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            try:
                connection.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reader(self) -> Generator[sqlite3.Connection, None, None]:
        """A connection that reads; all its statements see the file as of one moment."""
        self._after_fork()
        with self._reading, told(self._path):
            with self._guard:
                self._check_open()
                connection = self._readers.pop() if self._readers else None
            if connection is None:
                with self._writing:  # the tables are made once
                    self._open_writer()
                connection = self._connect()
                self._opened.add(connection)
            broken = True
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
                broken = False
            finally:
                with self._guard:
                    keep = not broken and not self._closed
                    if keep:
                        self._readers.append(connection)
                if not keep:
                    self._opened.discard(connection)
                    connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._after_fork()
        with self._writing, self._guard:
            self._closed = True
            for connection in [self._writer, *self._readers]:
                if connection is not None:
                    self._opened.discard(connection)
                    connection.close()
            self._writer, self._readers = None, []

    def _open_writer(self) -> sqlite3.Connection:
        with self._guard:
            self._check_open()
        if self._writer is None:
            connection = self._connect()
            try:
                if not self._prepared:
                    self._prepare(connection)
                    self._prepared = True
            except BaseException:
                connection.close()
                raise
            self._writer = connection
            self._opened.add(connection)
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            enter_wal(connection, self._timeout)
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_open(self) -> None:
        if self._closed:
            msg = f"the store {str(self._path)!r} is closed; open it again to go on"
            raise StoreUnavailableError(msg)

    def _after_fork(self) -> None:
        """Begin anew in a child process: SQLite's connections must not cross a fork."""
        if self._process != os.getpid():
            self._start()


def close_unless_forked(connections: Iterable[sqlite3.Connection], process: int) -> None:
    """Close connections in the process that opened them; its children have no business there."""
    if process == os.getpid():
        for connection in list(connections):
            connection.close()


def enter_wal(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Switch a file to the write-ahead log."""
    # Changing the mode does not wait for others as everything else does, so we do.
    deadline = time.monotonic() + timeout_s
    while not _is_in_wal(connection, last=time.monotonic() > deadline):
        time.sleep(0.01)


def _is_in_wal(connection: sqlite3.Connection, *, last: bool) -> bool:
    """Ask for the write-ahead log; False when another process stands in the way just now."""
    try:
        with closing(connection.execute("PRAGMA journal_mode = WAL")) as answer:
            answer.fetchall()
    except sqlite3.OperationalError as problem:
        if "locked" not in str(problem) or last:
            raise
        return False
    return True


@contextmanager
def told(path: Path) -> Generator[None, None, None]:
    """Turn SQLite's errors into the store's."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        msg = f"the store {str(path)!r} cannot be reached: {problem}"
        raise StoreUnavailableError(msg) from problem
    except sqlite3.DatabaseError as problem:
        msg = f"the store {str(path)!r} is damaged or no SQLite file: {problem}"
        raise StoreError(msg) from problem


def checked_file(path: str | Path) -> Path:
    """Return the path of a database file, whose folder exists now."""
    if str(path) in ("", ":memory:") or "\x00" in str(path):
        msg = f"a SQLite store needs a file, got {str(path)!r}; use MemorySessionStore() instead"
        raise ArgumentError(msg)
    file = Path(path).absolute()  # the working directory may change while the store is open
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        msg = f"the folder of {str(file)!r} cannot be made: {problem}"
        raise StoreUnavailableError(msg) from problem
    return file
