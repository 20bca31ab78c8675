"""What every store can do, and the few things that each backend does in its own way."""

from __future__ import annotations

import abc
import asyncio
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from ..errors import ArgumentError, SessionConflictError, SessionNotFoundError
from ._checks import aware, checked_id, checked_query
from ._conversation_reader import problems_in
from ._values import (
    ACTIVE,
    ARCHIVED,
    Batch,
    Problem,
    Row,
    SessionInfo,
    SessionPage,
    SessionQuery,
    SessionRows,
)

T = TypeVar("T")

_ATTEMPTS = 20
"""How often a change of a session's status is tried again when other writers are first."""


class SessionStore(abc.ABC):
    """Where conversations live on: one header and some rows for each session.

    A backend implements the methods under *what a backend does*. It keeps rows and never looks
    into them. Check one with :class:`dspy_session.stores.contract.StoreContract`.

    All methods may be called from any thread. Each has an asynchronous twin with an ``a`` before
    its name, which runs it in a thread unless the backend's driver is asynchronous itself.
    """

    # --- what a backend does -----------------------------------------------------------------

    @abc.abstractmethod
    def append(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        """Write a batch, all of it or nothing, and return the session's new version.

        :meth:`Batch.applied` decides what becomes of the header; call it, and write what it
        returns, inside one transaction. When this returns, the batch survives a crash.

        Args:
            session_id: The session; with ``expected_version=0`` it is made.
            batch: What to write.
            expected_version: The version that the batch is based on.

        Raises:
            SessionConflictError: Another writer was first. Nothing was written.
            SessionArchivedError: The session is archived. Nothing was written.
            StoreUnavailableError: The store is closed, full, locked or out of reach.
        """

    @abc.abstractmethod
    def info(self, session_id: str) -> SessionInfo | None:
        """Return a session's summary, or None when there is no such session."""

    @abc.abstractmethod
    def load(self, session_id: str) -> SessionRows | None:
        """Return the summary and all rows of a session, as of one moment; None: there is none."""

    @abc.abstractmethod
    def rows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        """Return some rows of a session, in no order: of these kinds, and of these (kind, key).

        What is not there is left out.
        """

    @abc.abstractmethod
    def page(self, query: SessionQuery) -> list[SessionInfo]:
        """Return up to ``query.limit`` summaries that fit, those with the largest place first."""

    @abc.abstractmethod
    def delete(self, session_id: str) -> bool:
        """Take a session away with all its rows; return whether there was one."""

    @abc.abstractmethod
    def clear(self) -> int:
        """Take all sessions away; return how many there were."""

    def migrate(self) -> tuple[int, int]:
        """Bring an older store to this version's form; return the form before and after."""
        return (1, 1)

    def check(self, session_id: str | None = None) -> list[Problem]:
        """Read everything in one session or in all, and return what cannot be read.

        Values whose classes are not known here are no problem: their programs know them.
        """
        ids = [info.session_id for info in self.sessions()] if session_id is None else [session_id]
        found = [Problem("", "", message) for message in self.problems()]
        for one in ids:
            stored = self.load(one)
            if stored is not None:
                found += problems_in(stored)
        return found

    def problems(self) -> list[str]:
        """Return what the backend itself finds wrong with its files; none for most backends."""
        return []

    def close(self) -> None:  # noqa: B027  # a store without files has nothing to let go of
        """Let go of files and connections; closing twice is fine."""

    # --- what follows from it ----------------------------------------------------------------

    def list_sessions(  # noqa: PLR0913  # one keyword for each thing to filter by
        self,
        *,
        user_id: str | None = None,
        status: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        text: str | None = None,
        updated_before: datetime.datetime | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> SessionPage:
        """Return one page of summaries, last written first.

        Args:
            user_id: Only this user's.
            status: ``"active"``, ``"archived"``, or None for both.
            metadata: Only sessions whose metadata has all these values.
            text: Only sessions in which this was said, on any branch; capitals do not matter.
            updated_before: Only sessions not written since.
            limit: The most to return, 1 to 1,000.
            after: The ``after`` of the page before.

        Raises:
            ArgumentError: An argument's value makes no sense.
            ArgumentTypeError: An argument is of the wrong type.
        """
        query = checked_query(
            user_id=user_id,
            status=status,
            metadata=metadata,
            text=text,
            updated_before=updated_before,
            limit=limit,
            after=after,
        )
        found = self.page(query)
        return SessionPage(found, str(found[-1].place) if len(found) == query.limit else None)

    def sessions(self, **filters: Any) -> Iterator[SessionInfo]:
        """Yield the summaries of all sessions that fit, page by page; see :meth:`list_sessions`."""
        after: str | None = None
        while True:
            page = self.list_sessions(after=after, **filters)
            yield from page.sessions
            after = page.after
            if after is None:
                return

    def archive(self, session_id: str) -> SessionInfo:
        """Put a session aside: it can be read and listed, and takes no changes.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        return self.revise(session_id, lambda _: Batch(info={"status": ARCHIVED}, touch=False))

    def unarchive(self, session_id: str) -> SessionInfo:
        """Let an archived session take changes again.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        return self.revise(session_id, lambda _: Batch(info={"status": ACTIVE}, touch=False))

    def archive_inactive(self, before: datetime.datetime) -> list[str]:
        """Archive the active sessions that were last written before a moment; return their ids."""
        done: list[str] = []
        for found in list(self.sessions(status=ACTIVE, updated_before=aware(before), limit=1_000)):
            batch = Batch(info={"status": ARCHIVED}, touch=False)
            try:
                self.append(found.session_id, batch, expected_version=found.version)
            except SessionConflictError:
                continue  # written or deleted meanwhile: not inactive
            done.append(found.session_id)
        return done

    def revise(self, session_id: str, make: Callable[[SessionInfo], Batch]) -> SessionInfo:
        """Write what ``make`` returns for the present summary; again if another writer was first.

        For changes that make sense whatever the others wrote: status, metadata, state.

        Raises:
            SessionNotFoundError: There is no such session.
            SessionConflictError: Other writers were first every time.
        """
        checked_id(session_id)
        attempt = 0
        while True:
            present = self.info(session_id)
            if present is None:
                msg = f"the store has no session {session_id!r}"
                raise SessionNotFoundError(msg)
            attempt += 1
            try:
                self.append(session_id, make(present), expected_version=present.version)
            except SessionConflictError:
                if attempt == _ATTEMPTS:
                    raise
                continue
            return self.info(session_id) or present

    def clear_all(self, *, confirm: bool = False) -> int:
        """Take all sessions away; return how many there were.

        Raises:
            ArgumentError: ``confirm=True`` was not given.
        """
        if confirm is not True:
            msg = "clear_all takes every session of the store away; say so with confirm=True"
            raise ArgumentError(msg)
        return self.clear()

    # --- the same, awaited -------------------------------------------------------------------

    async def aappend(self, session_id: str, batch: Batch, *, expected_version: int) -> int:
        """The same as :meth:`append`, awaited."""
        return await _aside(
            lambda: self.append(session_id, batch, expected_version=expected_version)
        )

    async def ainfo(self, session_id: str) -> SessionInfo | None:
        """The same as :meth:`info`, awaited."""
        return await _aside(lambda: self.info(session_id))

    async def aload(self, session_id: str) -> SessionRows | None:
        """The same as :meth:`load`, awaited."""
        return await _aside(lambda: self.load(session_id))

    async def arows(
        self, session_id: str, kinds: Sequence[str] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> list[Row]:
        """The same as :meth:`rows`, awaited."""
        return await _aside(lambda: self.rows(session_id, kinds, keys))

    async def apage(self, query: SessionQuery) -> list[SessionInfo]:
        """The same as :meth:`page`, awaited."""
        return await _aside(lambda: self.page(query))

    async def alist_sessions(self, **filters: Any) -> SessionPage:
        """The same as :meth:`list_sessions`, awaited."""
        query = checked_query(
            **{**_NO_FILTERS, **filters},
        )
        found = await self.apage(query)
        return SessionPage(found, str(found[-1].place) if len(found) == query.limit else None)

    async def adelete(self, session_id: str) -> bool:
        """The same as :meth:`delete`, awaited."""
        return await _aside(lambda: self.delete(session_id))

    async def aclear_all(self, *, confirm: bool = False) -> int:
        """The same as :meth:`clear_all`, awaited."""
        return await _aside(lambda: self.clear_all(confirm=confirm))

    async def aarchive(self, session_id: str) -> SessionInfo:
        """The same as :meth:`archive`, awaited."""
        return await _aside(lambda: self.archive(session_id))

    async def aunarchive(self, session_id: str) -> SessionInfo:
        """The same as :meth:`unarchive`, awaited."""
        return await _aside(lambda: self.unarchive(session_id))

    async def aarchive_inactive(self, before: datetime.datetime) -> list[str]:
        """The same as :meth:`archive_inactive`, awaited."""
        return await _aside(lambda: self.archive_inactive(before))

    async def acheck(self, session_id: str | None = None) -> list[Problem]:
        """The same as :meth:`check`, awaited."""
        return await _aside(lambda: self.check(session_id))

    async def aclose(self) -> None:
        """The same as :meth:`close`, awaited."""
        await _aside(self.close)

    # --- with --------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


_NO_FILTERS: dict[str, Any] = {
    "user_id": None,
    "status": None,
    "metadata": None,
    "text": None,
    "updated_before": None,
    "limit": 50,
    "after": None,
}


async def _aside(work: Callable[[], T]) -> T:
    """Run blocking work in a thread."""
    return await asyncio.to_thread(work)
