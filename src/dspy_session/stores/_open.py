"""A store by its URL."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import ArgumentError, ArgumentTypeError, MissingExtraError
from ._store import SessionStore
from .memory import MemorySessionStore

BACKENDS = {
    "SQLiteSessionStore": ("sqlite", ""),
    "RedisSessionStore": ("redis", "redis"),
    "SQLSessionStore": ("sql", "sql"),
}
"""Class to the module it is in and the extra that installs its driver."""


def open_store(url: str | SessionStore, **options: Any) -> SessionStore:
    """Return the store at a URL.

    ==============================  ===========================================================
    ``sqlite:///chats.db``          a file, relative to the working directory; four slashes
                                    begin an absolute path
    ``redis://host:6379/0``         a Redis server (``rediss://``: over TLS)
    ``postgresql://user@host/db``   a PostgreSQL server
    ``memory:``                     a new store in memory
    ==============================  ===========================================================

    Args:
        url: The URL; a store is returned as it is.
        options: Further arguments of the store's class.

    Raises:
        ArgumentError: No store has such a URL.
        MissingExtraError: The store's driver is not installed; the message says how to install it.
    """
    if isinstance(url, SessionStore):
        return url
    if not isinstance(url, str):
        msg = f"a store is a SessionStore or a URL, got {type(url).__name__}"
        raise ArgumentTypeError(msg)
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme == "memory":
        return MemorySessionStore(**options)
    if scheme == "sqlite":
        return backend("SQLiteSessionStore")(_path(url), **options)
    if scheme in ("redis", "rediss"):
        return backend("RedisSessionStore")(url, **options)
    if scheme in ("postgresql", "postgres"):
        return backend("SQLSessionStore")(url, **options)
    msg = (
        f"no store has a URL like {url!r:.80}; write sqlite:///chats.db, redis://localhost:6379, "
        f"postgresql://localhost/chats or memory:"
    )
    raise ArgumentError(msg)


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = unquote(parts.path).removeprefix("/")
    if parts.netloc or not path:
        msg = f"a SQLite URL is sqlite:///chats.db or sqlite:////absolute/chats.db, got {url!r:.80}"
        raise ArgumentError(msg)
    return path


def backend(name: str) -> Any:
    """Return a backend's class, imported now.

    Raises:
        MissingExtraError: Its driver is not installed.
    """
    module, extra = BACKENDS[name]
    try:
        return getattr(importlib.import_module(f".{module}", __package__), name)
    except ModuleNotFoundError as missing:
        if not extra or (missing.name or "").startswith("dspy_session"):
            raise
        msg = (
            f"{name} needs the package {missing.name!r}, which is not installed; "
            f"pip install 'dspy-session[{extra}]'"
        )
        raise MissingExtraError(msg) from None
