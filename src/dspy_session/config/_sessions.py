"""The sessions that a factory has handed out, as many as it may hold."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from .._session import Session
from ..errors import StoreUnavailableError
from ..stores import MemorySessionStore, SessionStore, open_store
from ._schema import FILE


class SessionKey(NamedTuple):
    """What makes two sessions one."""

    agent: str | None
    """The program that talks in it; None: any agent of the Agents SDK."""
    instructions: str | None
    store: str
    """URL of the store; empty: in this process only."""
    session_id: str


class Sessions:
    """Sessions by key, the ones used least recently dropped, and the stores they are kept in.

    Args:
        most: How many sessions are held. What is in a store is opened again when it is asked for;
            a conversation that is kept in this process only is lost when it is dropped.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._sessions: OrderedDict[SessionKey, Any] = OrderedDict()
        self._stores: dict[str, SessionStore] = {}
        self._lock = threading.RLock()

    def get(self, key: SessionKey, make: Callable[[SessionStore], Any]) -> Any:
        """Return the session of a key, made when there is none."""
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                session = self._sessions[key] = make(self._store_at(key.store))
            self._sessions.move_to_end(key)
            while len(self._sessions) > self._most:
                self._forget(self._sessions.popitem(last=False)[0])
        _catch_up(session)
        return session

    def clear(self) -> None:
        """Drop all sessions and let go of their stores."""
        with self._lock:
            self._sessions.clear()
            for store in self._stores.values():
                store.close()
            self._stores.clear()

    def __len__(self) -> int:
        return len(self._sessions)

    def _store_at(self, url: str) -> SessionStore:
        store = self._stores.get(url)
        if store is None:
            store = self._stores[url] = _opened(url) if url else MemorySessionStore()
        return store

    def _forget(self, key: SessionKey) -> None:
        """Free what a dropped session kept in this process."""
        others = (one for one in self._sessions if one.session_id == key.session_id)
        if not key.store and all(one.store for one in others):
            self._stores[""].delete(key.session_id)


def _opened(url: str) -> SessionStore:
    """Open a store; the folder of a file is made."""
    if url.startswith(FILE):
        folder = Path(unquote(url.removeprefix(FILE))).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {str(folder)!r} for conversations cannot be made: {error}"
            raise StoreUnavailableError(msg) from error
    return open_store(url)


def _catch_up(session: Any) -> None:
    """Load what other processes wrote to the conversation meanwhile."""
    if isinstance(session, Session) and session.store is not None and session.session_id:
        stored, info = session._stored_as, session.store.info(session.session_id)
        if stored is not None and info is not None and stored.is_behind(info):
            session.refresh()


def minted_id(name: str) -> str:
    """Return a session id that nobody else has."""
    return f"{name}-{uuid.uuid4().hex}"
