"""Sessions in this process's memory: for tests, and for what need not outlive it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from typing_extensions import override

from ..errors import StoreUnavailableError
from ._checks import checked_id, metadata_items
from ._store import SessionStore
from ._values import Batch, Row, SessionInfo, SessionQuery, SessionRows


class MemorySessionStore(SessionStore):
    """A store that is empty when the process starts and gone when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._infos: dict[str, SessionInfo] = {}
        self._rows: dict[str, dict[tuple[str, str], Row]] = {}
        self._place = 0
        self._closed = False

    @override
    def append(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        checked_id(session_id)
        with self._lock:
            self._check_open()
            present = self._infos.get(session_id)
            new = batch.applied(present, session_id, expected_version, self._place + 1)
            if new is not present:
                self._place += 1
                rows = self._rows.setdefault(session_id, {})
                for name in batch.gone:
                    rows.pop(name, None)
                rows.update({(row.kind, row.key): row for row in batch.rows})
                self._infos[session_id] = new
            return new.version

    @override
    def info(self, session_id: str) -> SessionInfo | None:
        checked_id(session_id)
        with self._lock:
            self._check_open()
            return self._infos.get(session_id)

    @override
    def load(self, session_id: str) -> SessionRows | None:
        checked_id(session_id)
        with self._lock:
            self._check_open()
            present = self._infos.get(session_id)
            return present and SessionRows(present, list(self._rows[session_id].values()))

    @override
    def rows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        checked_id(session_id)
        with self._lock:
            self._check_open()
            rows = self._rows.get(session_id, {})
            wanted = [rows[name] for name in dict.fromkeys(keys) if name in rows]
            found = [row for row in rows.values() if row.kind in kinds] if kinds else []
            return [*found, *(row for row in wanted if row.kind not in kinds)]

    @override
    def page(self, query: SessionQuery) -> list[SessionInfo]:
        with self._lock:
            self._check_open()
            newest = sorted(self._infos.values(), key=lambda info: -info.place)
            fitting = (info for info in newest if self._fits(info, query))
            return [info for info, _ in zip(fitting, range(query.limit), strict=False)]

    def _fits(self, info: SessionInfo, query: SessionQuery) -> bool:
        if query.before_place is not None and info.place >= query.before_place:
            return False
        if query.user_id not in (None, info.user_id) or query.status not in (None, info.status):
            return False
        if query.updated_before is not None and info.updated_at >= query.updated_before:
            return False
        if not query.metadata.items() <= metadata_items(info.metadata).items():
            return False
        rows = self._rows[info.session_id].values()
        return query.text is None or any(query.text in (row.text or "") for row in rows)

    @override
    def delete(self, session_id: str) -> bool:
        checked_id(session_id)
        with self._lock:
            self._check_open()
            self._rows.pop(session_id, None)
            return self._infos.pop(session_id, None) is not None

    @override
    def clear(self) -> int:
        with self._lock:
            self._check_open()
            count = len(self._infos)
            self._infos.clear()
            self._rows.clear()
            return count

    @override
    def close(self) -> None:
        with self._lock:
            self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            msg = "the store is closed; open it again to go on"
            raise StoreUnavailableError(msg)

    def __repr__(self) -> str:
        return f"MemorySessionStore(sessions={len(self._infos)})"
