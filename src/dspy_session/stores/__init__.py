"""Where conversations live on: in memory, in a SQLite file, in Redis, in PostgreSQL.

Backends are imported when they are asked for, so an extra that is not installed is not missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._last_turns import StoredTurn, last_turns
from ._open import BACKENDS, backend, open_store
from ._store import SessionStore
from ._values import Batch, Problem, Row, SessionInfo, SessionPage, SessionQuery, SessionRows
from .memory import MemorySessionStore

if TYPE_CHECKING:
    from .redis import RedisSessionStore
    from .sql import SQLSessionStore
    from .sqlite import SQLiteSessionStore

__all__ = [
    "Batch",
    "MemorySessionStore",
    "Problem",
    "RedisSessionStore",
    "Row",
    "SQLSessionStore",
    "SQLiteSessionStore",
    "SessionInfo",
    "SessionPage",
    "SessionQuery",
    "SessionRows",
    "SessionStore",
    "StoredTurn",
    "last_turns",
    "open_store",
]


def __getattr__(name: str) -> Any:
    if name in BACKENDS:
        return backend(name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
