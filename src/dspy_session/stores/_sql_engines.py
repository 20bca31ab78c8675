"""Connections to a SQL database: one pool for threads, and one for each event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..errors import ArgumentError, StoreError, StoreUnavailableError
from ._per_loop import PerLoop
from ._sqlite_connections import enter_wal

T = TypeVar("T")

_POOL: dict[str, Any] = {"pool_size": 4, "max_overflow": 8, "pool_timeout": 30}
"""At most 12 connections for all threads together and again for each event loop."""
_SQLITE_TIMEOUT_S = 30.0
DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}


class Engines:
    """Runs work in transactions, from threads and from event loops.

    Work whose connection broke is done again, once: the server may have been restarted since the
    connection was last used. Work of the store may be repeated.

    Args:
        url: The database.
        prepare: Called once in a transaction of its own, to make or migrate the tables.
    """

    def __init__(self, url: str, prepare: Callable[[sa.Connection], object]) -> None:
        self._url = checked_url(url)
        self._prepare = prepare
        self._preparing = threading.Lock()
        self._prepared = self._closed = False
        self._process = os.getpid()
        self._engine = sa.create_engine(self._url, **_POOL)
        if self.dialect == "sqlite":
            _as_we_want_sqlite(self._engine)
        self._engines = PerLoop(self._connect, AsyncEngine.dispose)

    @property
    def dialect(self) -> str:
        """``"postgresql"`` or ``"sqlite"``."""
        return self._url.get_backend_name()

    @property
    def place(self) -> str:
        """Where the database is, without passwords."""
        return self._url.set(drivername=self.dialect).render_as_string(hide_password=True)

    def _connect(self) -> AsyncEngine:
        return create_async_engine(self._url, **_POOL)

    def run(self, work: Callable[[sa.Connection], T], *, reading: bool = False) -> T:
        """Do some work in one transaction; ``reading``: it sees the database as of one moment."""
        with self._told():
            self.prepare()
            try:
                return self._run(work, reading=reading)
            except exc.DBAPIError as problem:
                if not problem.connection_invalidated:
                    raise
            return self._run(work, reading=reading)

    def _run(self, work: Callable[[sa.Connection], T], *, reading: bool = False) -> T:
        engine = self._engine
        with engine.execution_options(**self._options(reading=reading)).begin() as connection:
            return work(connection)

    async def arun(self, work: Callable[[sa.Connection], T], *, reading: bool = False) -> T:
        """The same as :meth:`run`, awaited."""
        if self.dialect == "sqlite":  # its driver blocks
            return await asyncio.to_thread(lambda: self.run(work, reading=reading))
        with self._told():
            await self._aprepare()
            try:
                return await self._arun(work, reading=reading)
            except exc.DBAPIError as problem:
                if not problem.connection_invalidated:
                    raise
            return await self._arun(work, reading=reading)

    async def _arun(self, work: Callable[[sa.Connection], T], *, reading: bool = False) -> T:
        engine = await self._engines.get()
        options = self._options(reading=reading)
        async with engine.execution_options(**options).begin() as connection:
            return await connection.run_sync(work)

    def _options(self, *, reading: bool) -> dict[str, Any]:
        if self.dialect == "sqlite":
            return {"dspy_session_reading": reading}
        return {"isolation_level": "REPEATABLE READ"} if reading else {}

    def prepare(self) -> None:
        """Make or migrate the tables unless that was done."""
        if self._process != os.getpid():  # connections must not cross a fork
            self._process = os.getpid()
            self._preparing = threading.Lock()
            self._engine.dispose(close=False)
        if not self._prepared:
            with self._preparing:
                if not self._prepared:
                    self._run_prepare()
                    self._prepared = True

    def _run_prepare(self) -> None:
        if self.dialect == "sqlite":  # begins its own transaction
            with self._engine.connect() as connection:
                self._prepare(connection)
        else:
            self._run(self._prepare)

    async def _aprepare(self) -> None:
        if not self._prepared:
            await self._arun(self._prepare)
            self._prepared = True

    def close(self) -> None:
        """Close the connections of all threads and loops."""
        self._closed = True
        self._engines.close()
        self._engine.dispose()

    async def aclose(self) -> None:
        """Close the connections of all threads and of the running loop."""
        self._closed = True
        await self._engines.aclose()
        self.close()

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        """Turn the driver's errors into the store's."""
        if self._closed:
            msg = f"the store at {self.place} is closed; open it again to go on"
            raise StoreUnavailableError(msg)
        try:
            yield
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as problem:
            msg = f"the database {self.place} cannot be reached: {_first_line(problem)}"
            raise StoreUnavailableError(msg) from problem
        except exc.SQLAlchemyError as problem:
            msg = f"the database {self.place} answers with an error: {_first_line(problem)}"
            raise StoreError(msg) from problem


def _first_line(problem: exc.SQLAlchemyError) -> str:
    """What the driver said, without the statement and its values."""
    said = problem.orig if isinstance(problem, exc.DBAPIError) else problem
    return str(said).strip().partition("\n")[0]


def checked_url(url: str) -> sa.URL:
    """Return a database's URL with the driver we know.

    Raises:
        ArgumentError: It is no URL of a PostgreSQL or SQLite database.
    """
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        parsed = None
    scheme = "" if parsed is None else parsed.drivername.partition("+")[0]
    dialect = "postgresql" if scheme == "postgres" else scheme
    if parsed is None or dialect not in DRIVERS:
        msg = (
            "a SQL store's URL is postgresql://user:password@host/database or sqlite:///chats.db; "
            f"got one that begins with {scheme!r:.40}"
        )
        raise ArgumentError(msg)
    if dialect == "sqlite" and parsed.database in (None, "", ":memory:"):
        msg = f"a SQLite store needs a file, got {url!r:.80}; use MemorySessionStore() instead"
        raise ArgumentError(msg)
    return parsed.set(drivername=DRIVERS[dialect])


def _as_we_want_sqlite(engine: sa.Engine) -> None:
    """Durable, and with transactions that begin when we say so."""

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute(f"PRAGMA busy_timeout = {int(_SQLITE_TIMEOUT_S * 1000)}")
        enter_wal(connection, _SQLITE_TIMEOUT_S)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("dspy_session_reading")
        if reading is not None:  # None: whoever asked begins
            connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
