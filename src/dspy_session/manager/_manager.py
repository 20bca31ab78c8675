"""The manager of a store's sessions."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._saving import rebuildable_types
from .._session import Session
from .._tree.record import now
from ..errors import ArgumentError, ArgumentTypeError, NotFoundError, SessionConflictError
from ..stores import SessionInfo, SessionStore, open_store
from ..stores._checks import checked_id
from ._stored import Fields, StoredSession
from ._without_program import WithoutProgram

if TYPE_CHECKING:
    from ..session_table import SessionTable

T = TypeVar("T")


class SessionsPage(Sequence[StoredSession]):
    """One page of sessions, last written first."""

    def __init__(self, sessions: Sequence[StoredSession], after: str | None) -> None:
        self._sessions = list(sessions)
        self.after = after
        """Pass it to ``search`` as ``after=`` for the next page; None: this is the last one."""

    @overload
    def __getitem__(self, index: int) -> StoredSession: ...
    @overload
    def __getitem__(self, index: slice) -> list[StoredSession]: ...
    def __getitem__(self, index: int | slice) -> StoredSession | list[StoredSession]:
        return self._sessions[index]

    def __len__(self) -> int:
        return len(self._sessions)

    def __repr__(self) -> str:
        return f"SessionsPage({self._sessions!r}, after={self.after!r})"


class SessionManager:
    """Makes, finds, reads and takes away the sessions of a store.

    As the last value of a notebook's cell it shows them: a table to browse and search, from which
    a session's inspector opens. Every method has an asynchronous twin with an ``a`` before its
    name.

    Args:
        store: A :class:`~dspy_session.stores.SessionStore`, or the URL of one.
        program: The program that goes on with sessions opened here, and whose fields messages
            stand in. None: they are opened to be read, corrected, scored and exported.
        input_field: The field of a turn that holds a user's message; None: the program's first.
        output_field: The field that holds the answer; None: the program's last.

    Raises:
        ArgumentError: No store has such a URL.
        ArgumentTypeError: An argument is of the wrong type.

    Example:
        >>> manager = SessionManager("sqlite:///sessions.db")
        >>> session = manager.create_session(user_id="user123")
        >>> session.add_message("user", "Hello!")
        >>> session.add_message("assistant", "Hi there!")
        >>> manager.save(session)
    """

    def __init__(
        self,
        store: SessionStore | str,
        *,
        program: Any = None,
        input_field: str | None = None,
        output_field: str | None = None,
    ) -> None:
        self._store = open_store(store)
        self._program = program
        self._fields = _fields(program, input_field, output_field)
        self._types = rebuildable_types(WithoutProgram() if program is None else program)
        self._shown: SessionTable | None = None

    @property
    def store(self) -> SessionStore:
        """Where the sessions are."""
        return self._store

    # --- making and reading ------------------------------------------------------------------

    def create_session(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> StoredSession:
        """Make a session, store it empty, and return it.

        Args:
            user_id: Whose it is.
            session_id: Its id; None: a fresh one.
            metadata: JSON values by name.

        Raises:
            ArgumentError: There is one of that id, or an argument makes no sense.
            ArgumentTypeError: An argument is of the wrong type.
        """
        fields = self._fields
        session = StoredSession(
            session_id,
            user_id,
            metadata,
            input_field=fields.input,
            output_field=fields.output,
        )
        try:
            self.save(session)
        except SessionConflictError:
            msg = (
                f"there is a session {session.session_id!r} already; get_session returns it, "
                f"another session_id (or none) makes a new one"
            )
            raise ArgumentError(msg) from None
        return session

    def get_session(self, session_id: str) -> StoredSession | None:
        """Return a session, or None when there is none.

        Raises:
            DamagedRowError: It cannot be read; the error names the row.
        """
        info = self._store.info(checked_id(session_id))
        if info is None:
            return None
        session = self._listed(info)
        session._read()
        return session

    def _listed(self, info: SessionInfo) -> StoredSession:
        return StoredSession._from(info, self._store, self._fields, self._types)

    def save(self, session: StoredSession) -> None:
        """Store what is new in a session: messages, turns, metadata, state.

        Raises:
            SessionConflictError: Another writer was first, and nothing was stored. Get the session
                again and repeat the change.
            SessionArchivedError: The session is archived.
            EncodeError: A value cannot be stored; the message names it.
        """
        if not isinstance(session, StoredSession):
            msg = f"save takes a StoredSession, got {type(session).__name__}"
            raise ArgumentTypeError(msg)
        if session._save(self._store):
            self._changed()

    def open(self, session_id: str, program: Any = None, *, on_corrupt: str = "raise") -> Session:
        """Return a stored session as a live one; each turn, fork and edit is stored as it happens.

        Args:
            session_id: The session.
            program: The program to go on with; None: the manager's.
            on_corrupt: ``"raise"``, or ``"skip"`` to have empty turns in place of damaged ones.

        Raises:
            NotFoundError: There is no such session.
        """
        if self._store.info(checked_id(session_id)) is None:
            msg = f"the store has no session {session_id!r}; create_session makes one"
            raise NotFoundError(msg)
        programs = (program, self._program, WithoutProgram())
        chosen = next(one for one in programs if one is not None)
        return Session(chosen, copy_mode="none", store=self._store).open(
            session_id, on_corrupt=on_corrupt
        )

    # --- finding -----------------------------------------------------------------------------

    def get_sessions_for_user(
        self, user_id: str, *, archived: bool = False, limit: int | None = None
    ) -> list[StoredSession]:
        """Return a user's sessions, last written first.

        What was said in them is read when somebody looks at it.

        Args:
            user_id: The user.
            archived: Whether archived sessions are among them; those take no messages.
            limit: The most to return; None: all.
        """
        found: list[StoredSession] = []
        status = None if archived else "active"
        size = 1_000 if limit is None else max(1, min(limit, 1_000))
        for info in self._store.sessions(user_id=checked_id(user_id), status=status, limit=size):
            if limit is not None and len(found) >= limit:
                break
            found.append(self._listed(info))
        return found

    def search(
        self,
        *,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        text: str | None = None,
        status: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> SessionsPage:
        """Return one page of the sessions that fit all that is given, last written first.

        Args:
            user_id: Only this user's.
            metadata: Only sessions whose metadata has all these values.
            text: Only sessions in which this was said; capitals do not matter.
            status: ``"active"``, ``"archived"``, or None for both.
            limit: The most to return, 1 to 1,000.
            after: The ``after`` of the page before.

        Example:
            >>> page = manager.search(metadata={"channel": "web"}, text="refund")
            >>> more = manager.search(metadata={"channel": "web"}, text="refund", after=page.after)
        """
        page = self._store.list_sessions(
            user_id=user_id, metadata=metadata, text=text, status=status, limit=limit, after=after
        )
        sessions = [self._listed(one) for one in page.sessions]
        return SessionsPage(sessions, page.after)

    # --- putting aside and taking away -------------------------------------------------------

    def archive(self, session: str | StoredSession) -> None:
        """Put a session aside: it can be read and found, and takes no changes.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        self._store.archive(_id(session))
        self._changed()

    def unarchive(self, session: str | StoredSession) -> None:
        """Let an archived session take changes again.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        self._store.unarchive(_id(session))
        self._changed()

    def archive_inactive(self, days: float) -> list[str]:
        """Archive every session that was last written so many days ago or earlier.

        Returns:
            Their ids.

        Raises:
            ArgumentError: ``days`` is negative.
        """
        if isinstance(days, bool) or not isinstance(days, (int, float)):
            msg = f"days is a number, got {type(days).__name__}"
            raise ArgumentTypeError(msg)
        if not 0 <= days < 1_000_000:
            msg = f"days is a number from 0 on, got {days}"
            raise ArgumentError(msg)
        done = self._store.archive_inactive(now() - datetime.timedelta(days=days))
        self._changed()
        return done

    def delete(self, session: str | StoredSession) -> bool:
        """Take a session away for good; return whether there was one."""
        deleted = self._store.delete(_id(session))
        self._changed()
        return deleted

    def clear_all(self, *, confirm: bool = False) -> int:
        """Take all sessions of the store away, every user's; return how many there were.

        Raises:
            ArgumentError: ``confirm=True`` was not given.
        """
        count = self._store.clear_all(confirm=confirm)
        self._changed()
        return count

    # --- the same, awaited -------------------------------------------------------------------

    async def acreate_session(
        self,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> StoredSession:
        """The same as :meth:`create_session`, awaited."""
        return await _aside(self.create_session, user_id, session_id, metadata)

    async def aget_session(self, session_id: str) -> StoredSession | None:
        """The same as :meth:`get_session`, awaited."""
        return await _aside(self.get_session, session_id)

    async def asave(self, session: StoredSession) -> None:
        """The same as :meth:`save`, awaited."""
        await _aside(self.save, session)

    async def aget_sessions_for_user(
        self, user_id: str, *, archived: bool = False, limit: int | None = 50
    ) -> list[StoredSession]:
        """The same as :meth:`get_sessions_for_user`, awaited; what was said is read, too."""

        def found() -> list[StoredSession]:
            sessions = self.get_sessions_for_user(user_id, archived=archived, limit=limit)
            return [session for session in sessions if session._still_there()]

        return await _aside(found)

    async def asearch(self, **filters: Any) -> SessionsPage:
        """The same as :meth:`search`, awaited; what was said is read, too."""

        def found() -> SessionsPage:
            page = self.search(**filters)
            return SessionsPage([one for one in page if one._still_there()], page.after)

        return await _aside(found)

    async def aarchive(self, session: str | StoredSession) -> None:
        """The same as :meth:`archive`, awaited."""
        await _aside(self.archive, session)

    async def aunarchive(self, session: str | StoredSession) -> None:
        """The same as :meth:`unarchive`, awaited."""
        await _aside(self.unarchive, session)

    async def aarchive_inactive(self, days: float) -> list[str]:
        """The same as :meth:`archive_inactive`, awaited."""
        return await _aside(self.archive_inactive, days)

    async def adelete(self, session: str | StoredSession) -> bool:
        """The same as :meth:`delete`, awaited."""
        return await _aside(self.delete, session)

    async def aclear_all(self, *, confirm: bool = False) -> int:
        """The same as :meth:`clear_all`, awaited."""
        return await _aside(lambda: self.clear_all(confirm=confirm))

    # --- in a notebook -----------------------------------------------------------------------

    @property
    def _table(self) -> SessionTable:
        from ..session_table import SessionTable

        if self._shown is None:
            self._shown = SessionTable(self)
        return self._shown

    def _changed(self) -> None:
        if self._shown is not None:
            self._shown.changed()

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from ..session_table import mime_bundle

        return mime_bundle(self._table, repr(self))

    def __repr__(self) -> str:
        return f"SessionManager({store_label(self._store)})"


def store_label(store: SessionStore) -> str:
    """Return a store in words, its file as seen from the working directory."""
    return repr(store).replace(f"{Path.cwd()}{os.sep}", "")


def _id(session: Any) -> str:
    return checked_id(session.session_id if isinstance(session, StoredSession) else session)


def _fields(program: Any, wanted_input: str | None, wanted_output: str | None) -> Fields:
    """The fields that messages stand in."""
    given, fields = {"input": wanted_input, "output": wanted_output}, Fields()
    if program is not None:
        session = Session(program, copy_mode="none")
        inputs, outputs = session._program.inputs, session._program.output_fields(None)
        fields = Fields(
            next(iter(inputs), fields.input), next(reversed(list(outputs)), fields.output)
        )
    for name, value in given.items():
        if value is not None and (not isinstance(value, str) or not value.isidentifier()):
            msg = f"{name}_field is a field's name, got {value!r:.80}"
            raise ArgumentError(msg)
    return dataclasses.replace(fields, **{n: v for n, v in given.items() if v is not None})


async def _aside(work: Callable[..., T], *arguments: Any) -> T:
    """Run blocking work in a thread: the event loop goes on meanwhile."""
    return await asyncio.to_thread(work, *arguments)
