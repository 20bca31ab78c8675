"""Sessions in Redis or Valkey: for several machines, with a time to live if wanted."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Generator, Sequence
from typing import Any, TypeVar

from typing_extensions import override

from ..errors import ArgumentError, ArgumentTypeError, DamagedRowError, StoreVersionError
from ._checks import checked_id, metadata_items
from ._redis_links import Command, Links
from ._redis_scripts import APPEND, DELETE, LOAD, PAGE, ROWS, VERSION
from ._store import SessionStore
from ._values import Batch, Row, SessionInfo, SessionQuery, SessionRows

T = TypeVar("T")
Flow = Generator[Sequence[Command], list[Any], T]
"""Yields commands, is sent their answers, returns the result: sync and async callers share it."""

_SCANNED = 200
"""Sessions looked at in one go where a filter may drop some."""
_SEARCHED = 20
"""The same for a text search, which reads all that was said; the server does nothing else then."""


class RedisSessionStore(SessionStore):
    """A store on a Redis or Valkey server.

    An append is one script: check, write, expire. What was appended survives a crash of the server
    only if the server writes it to disk: set ``appendonly yes``, and ``appendfsync always`` to
    lose nothing at all (with ``everysec``, up to a second). Redis as it comes keeps snapshots only.

    Lists by user take one round trip. Filters by status, metadata and text read through the
    sessions, newest first.

    Args:
        url: ``redis://[user:password@]host:port/number``, ``rediss://…`` or ``unix://…``.
        prefix: What all keys begin with: several stores fit in one database.
        ttl: Seconds after its last write at which a session is gone, all of it at once; None:
            never.

    Raises:
        ArgumentError: An argument's value makes no sense.
        ArgumentTypeError: An argument is of the wrong type.
        MissingExtraError: The package ``redis`` is not installed.
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        prefix: str = "dspy-session:",
        ttl: float | datetime.timedelta | None = None,
    ) -> None:
        if not isinstance(url, str):
            msg = f"url is a str, got {type(url).__name__}"
            raise ArgumentTypeError(msg)
        self._prefix = checked_id(prefix, "prefix")
        # One hash tag for all keys, and another for each prefix.
        tag = hashlib.sha256(prefix.encode()).hexdigest()[:8]
        self._base = f"{prefix}{{{tag}}}:"
        self._ttl_ms = 0 if ttl is None else _milliseconds(ttl)
        self._links = Links(url)
        self._version_is_known = False

    # --- writing -----------------------------------------------------------------------------

    @override
    def append(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        return self._run(self._append(session_id, batch, expected_version))

    @override
    async def aappend(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        return await self._arun(self._append(session_id, batch, expected_version))

    def _append(self, session_id: str, batch: Batch, expected_version: int) -> Flow[int]:
        checked_id(session_id)
        written = _rows_as_arguments(batch)
        while True:
            present = yield from self._info(session_id)
            new = batch.applied(present, session_id, expected_version, place=0)
            if new is present:
                return new.version
            old_user = "" if present is None else present.user_id or ""
            [done] = yield [
                self._script(
                    APPEND, session_id, "" if present is None else present.batch, batch.id,
                    _info_text(new), old_user, new.user_id or "", int(batch.touch), self._ttl_ms,
                    *written,
                )
            ]  # fmt: skip
            if done == 1:
                return new.version
            self._check_version(-done)

    @override
    def delete(self, session_id: str) -> bool:
        return self._run(self._delete(session_id))

    @override
    async def adelete(self, session_id: str) -> bool:
        return await self._arun(self._delete(session_id))

    def _delete(self, session_id: str) -> Flow[bool]:
        checked_id(session_id)
        while True:
            [found] = yield [("HMGET", self._key("head", session_id), "batch", "info")]
            if found[0] is None:
                return False
            user = _user_of(found[1])
            [done] = yield [self._script(DELETE, session_id, found[0], user)]
            if done:
                return True

    @override
    def clear(self) -> int:
        count = 0
        while True:
            [found] = self._links.send([("ZRANGE", f"{self._base}places", 0, _SCANNED - 1)])
            if not found:
                return count
            for session_id in found:
                count += self._run(self._delete(_text(session_id)))
            # Those that had expired are in the list still.
            self._links.send([("ZREM", f"{self._base}places", *found)])

    # --- reading -----------------------------------------------------------------------------

    @override
    def info(self, session_id: str) -> SessionInfo | None:
        return self._run(self._info(session_id))

    @override
    async def ainfo(self, session_id: str) -> SessionInfo | None:
        return await self._arun(self._info(session_id))

    def _info(self, session_id: str) -> Flow[SessionInfo | None]:
        checked_id(session_id)
        yield from self._look_at_version()
        [found] = yield [("HMGET", self._key("head", session_id), "info", "place")]
        return None if found[0] is None else _info(session_id, *found)

    @override
    def load(self, session_id: str) -> SessionRows | None:
        # Its twin runs this in a thread: reading a long session would hold an event loop up.
        return self._run(self._load(session_id))

    def _load(self, session_id: str) -> Flow[SessionRows | None]:
        checked_id(session_id)
        yield from self._look_at_version()
        [found] = yield [self._script(LOAD, session_id)]
        if found is None:
            return None
        info, place, rows = found
        return SessionRows(_info(session_id, info, place), [_row(*row) for row in rows])

    @override
    def rows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        return self._run(self._rows(session_id, kinds, keys))

    @override
    async def arows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        return await self._arun(self._rows(session_id, kinds, keys))

    def _rows(
        self, session_id: str, kinds: Sequence[str], keys: Sequence[tuple[str, str]]
    ) -> Flow[list[Row]]:
        checked_id(session_id)
        whole = list(dict.fromkeys(kinds))
        named = [name for name in dict.fromkeys(keys) if name[0] not in whole]
        yield from self._look_at_version()
        names = (one for name in named for one in name)
        [found] = yield [self._script(ROWS, session_id, len(whole), *whole, *names)]
        return [_row(*row) for row in found]

    @override
    def page(self, query: SessionQuery) -> list[SessionInfo]:
        return self._run(self._page(query))

    @override
    async def apage(self, query: SessionQuery) -> list[SessionInfo]:
        return await self._arun(self._page(query))

    def _page(self, query: SessionQuery) -> Flow[list[SessionInfo]]:
        yield from self._look_at_version()
        index = "places" if query.user_id is None else f"user:{query.user_id}"
        plain = query.status is None and query.updated_before is None and not query.metadata
        count = _SEARCHED if query.text else query.limit if plain else _SCANNED
        top = "+inf" if query.before_place is None else f"({query.before_place}"
        fitting: list[SessionInfo] = []
        while len(fitting) < query.limit:
            text = query.text or ""
            command = ("EVAL", PAGE, 1, self._base + index, self._base, top, count, text)
            [found] = yield [command]
            if not found:
                break
            for session_id, place, info, said in found:
                if info is not None and said:
                    one = _info(_text(session_id), info, place)
                    fitting += [one] if _fits(one, query) else []
            top = f"({_text(found[-1][1])}"
        return fitting[: query.limit]

    # --- the server --------------------------------------------------------------------------

    @override
    def migrate(self) -> tuple[int, int]:
        self._run(self._look_at_version())
        return VERSION, VERSION

    @override
    def close(self) -> None:
        self._links.close()

    @override
    async def aclose(self) -> None:
        await self._links.aclose()

    def __repr__(self) -> str:
        return f"RedisSessionStore({self._links.place!r}, prefix={self._prefix!r})"

    def _key(self, name: str, session_id: str) -> str:
        return f"{self._base}{name}:{session_id}"

    def _rows_key(self, kind: str, session_id: str) -> str:
        return self._key(f"rows:{kind}", session_id)

    def _script(self, script: str, session_id: str, *arguments: Any) -> Command:
        head = self._key("head", session_id)
        return ("EVAL", script, 1, head, self._base, session_id, *arguments)

    def _look_at_version(self) -> Flow[None]:
        """Refuse what a newer version of this package wrote; once is enough."""
        if not self._version_is_known:
            [found] = yield [("GET", f"{self._base}schema")]
            self._check_version(0 if found is None else int(found))
            self._version_is_known = True

    def _check_version(self, found: int) -> None:
        if found > VERSION:
            msg = (
                f"the store {self._prefix!r} has version {found}, and this dspy-session knows up "
                f"to {VERSION}; install a newer one to open it"
            )
            raise StoreVersionError(msg)

    def _run(self, flow: Flow[T]) -> T:
        answers: list[Any] | None = None
        while True:
            try:
                commands = flow.send(answers)  # type: ignore[arg-type]  # None begins it
            except StopIteration as done:
                return done.value
            answers = self._links.send(commands)

    async def _arun(self, flow: Flow[T]) -> T:
        answers: list[Any] | None = None
        while True:
            try:
                commands = flow.send(answers)  # type: ignore[arg-type]  # None begins it
            except StopIteration as done:
                return done.value
            answers = await self._links.asend(commands)


def _milliseconds(ttl: Any) -> int:
    seconds = ttl.total_seconds() if isinstance(ttl, datetime.timedelta) else ttl
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        msg = f"ttl is a number of seconds, a timedelta or None, got {type(ttl).__name__}"
        raise ArgumentTypeError(msg)
    if not (math.isfinite(seconds) and 0.001 <= seconds <= 1e10):
        msg = f"ttl is a number of seconds above zero, or None for no end, got {ttl!r:.80}"
        raise ArgumentError(msg)
    return round(seconds * 1000)


def _rows_as_arguments(batch: Batch) -> list[Any]:
    kinds = " ".join(dict.fromkeys(row.kind for row in batch.rows))
    written: list[Any] = [kinds, len(batch.rows)]
    for row in batch.rows:
        has_text = row.text is not None
        written += (row.kind, row.key, row.body, int(has_text), row.text or "")
    for name in batch.gone:
        written += name
    return written


def _text(answer: Any) -> str:
    """Return an answer as text; what is no UTF-8 any more comes back empty."""
    if isinstance(answer, str):  # the URL asked the driver to decode
        return answer
    try:
        return answer.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _row(kind: Any, key: Any, body: Any, text: Any) -> Row:
    return Row(_text(kind), _text(key), _text(body), None if text is None else _text(text))


def _fits(info: SessionInfo, query: SessionQuery) -> bool:
    if query.status not in (None, info.status):
        return False
    if query.updated_before is not None and info.updated_at >= query.updated_before:
        return False
    return query.metadata.items() <= metadata_items(info.metadata).items()


def _info_text(info: SessionInfo) -> str:
    written = {
        "user_id": info.user_id,
        "status": info.status,
        "metadata": info.metadata,
        "created_at": info.created_at.isoformat(),
        "updated_at": info.updated_at.isoformat(),
        "version": info.version,
        "turns": info.turns,
        "branches": info.branches,
        "preview": info.preview,
        "layout": info.layout,
        "batch": info.batch,
    }
    return json.dumps(written, ensure_ascii=False)


def _info(session_id: str, written: Any, place: Any) -> SessionInfo:
    try:
        read = json.loads(_text(written))
        for name in ("created_at", "updated_at"):
            moment = datetime.datetime.fromisoformat(read[name])
            read[name] = moment.astimezone(datetime.timezone.utc)
        return SessionInfo(session_id=session_id, place=int(place), **read)
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        msg = f"the header of session {session_id!r} is damaged: {problem}"
        raise DamagedRowError(msg) from None


def _user_of(written: Any) -> str:
    """Return the user of a session that is to go, whose header may be damaged."""
    try:
        return str(json.loads(_text(written))["user_id"] or "")
    except (TypeError, ValueError, KeyError):
        return ""
