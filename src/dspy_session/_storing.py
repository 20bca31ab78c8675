"""Conversations that live in a store: open, refresh, close."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import dspy
from typing_extensions import Self

from ._calls.window import plan_window
from ._saving import Saving, rebuildable_types
from ._state import SessionState
from .errors import ArgumentError, StoreUnavailableError
from .stores import Problem, SessionStore, StoredTurn, last_turns, open_store
from .stores._collector import no_full_collection
from .stores._opened import StoredConversation, opened

_AT_ONCE = 32
_BREATH_S = 0.0001


class Storing(Saving):
    """The part of a session that keeps conversations in a store."""

    _store: SessionStore | None
    _stored_as: StoredConversation | None
    _closed: bool
    _initial: Any

    def _keep_in(self, store: str | SessionStore | None) -> None:
        self._stored_as, self._closed = None, False
        self._owns_store = isinstance(store, str)
        self._store = None if store is None else open_store(store)

    @property
    def store(self) -> SessionStore | None:
        """The store that the session was made with."""
        return self._store

    @property
    def session_id(self) -> str | None:
        """Id of the stored conversation; None: it is in memory only."""
        return None if self._stored_as is None else self._stored_as.session_id

    @property
    def problems(self) -> list[Problem]:
        """What could not be read when it was opened with ``on_corrupt="skip"``."""
        return [] if self._stored_as is None else list(self._stored_as.problems)

    def open(  # what a conversation is opened with
        self,
        session_id: str,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        branch: str | None = None,
        on_corrupt: str = "raise",
    ) -> Self:
        """Return a session on a stored conversation; it begins now if the store has none.

        Each turn, fork, undo, edit and score is in the store before the call that makes it returns.
        Sessions opened with the same id from one store object share the conversation; another
        process that writes to it makes the next write here raise
        :class:`~dspy_session.errors.SessionConflictError`, and :meth:`refresh` loads what it wrote.

        Use it as it is, or as a context manager, sync or async.

        Args:
            session_id: 1 to 255 bytes of UTF-8, no control characters.
            user_id: Whose conversation it is. One that exists must be theirs.
            metadata: JSON values for a new conversation, by which it can be found.
            branch: Name of the branch to talk on; None: the first one.
            on_corrupt: ``"raise"``: a damaged row raises when it is read. ``"skip"``: it is
                reported in :attr:`problems`, and an empty turn takes its place.

        Raises:
            ArgumentError: The session has no store, the conversation belongs to another user, or
                an argument makes no sense.
            BranchNotFoundError: There is no such branch.
            StoreError: The store cannot be read.

        Example:
            >>> chat = sessionify(dspy.Predict("question -> answer"), store="sqlite:///chats.db")
            >>> alice = chat.open("alice")
            >>> alice(question="Hi, I'm Alice")
        """
        store = self._needed_store()
        conversation = opened(
            store,
            session_id,
            rebuildable_types(self.module),
            seed=self._initial,
            user_id=user_id,
            metadata=metadata,
            on_corrupt=on_corrupt,
        )
        return self._session_on(conversation, branch)

    async def aopen(self, session_id: str, *args: Any, **options: Any) -> Self:
        """The same as :meth:`open`, awaited; what the next call sees is read along, aside."""

        def open_and_read() -> Self:
            with no_full_collection():
                session = self.open(session_id, *args, **options)
                branch = session._branch
                window = plan_window(branch, session._settings, session._program.serving_model)
                for start in range(window.start, window.stop, _AT_ONCE):
                    branch.log.between(start, min(start + _AT_ONCE, window.stop))
                    time.sleep(_BREATH_S)  # the event loop gets its turn, before Python makes us
            return session

        return await asyncio.to_thread(open_and_read)

    def last_turns(
        self, session_id: str, count: int = 10, *, branch: str | None = None
    ) -> list[StoredTurn]:
        """Return the last turns of a stored conversation, oldest first, without opening it.

        Args:
            session_id: The conversation.
            count: The most to return.
            branch: Name of the branch; None: the first one.

        Raises:
            SessionNotFoundError: There is no such conversation.
            BranchNotFoundError: It has no such branch.
            DamagedRowError: One of the turns cannot be read.
        """
        types = rebuildable_types(self.module)
        return last_turns(self._needed_store(), session_id, count, branch=branch, types=types)

    def _session_on(self, stored: StoredConversation, branch: str | None) -> Self:
        conversation = stored.conversation
        found = conversation.branches[0] if branch is None else conversation.named(branch)
        session: Any = self._sibling(self.module, SessionState._of(conversation, found.key))
        session._stored_as, session._closed, session._owns_store = stored, False, False
        return session

    def _needed_store(self) -> SessionStore:
        if self._store is None:
            msg = 'this session has no store; make it with store=…, e.g. store="sqlite:///chats.db"'
            raise ArgumentError(msg)
        return self._store

    def refresh(self, *, keep_unsaved: bool = True) -> list[Self]:
        """Load what others wrote to the stored conversation meanwhile.

        Answers of this process that could not be stored are stored now: where they were asked for
        when nothing came between, else each on a branch of its own, called ``unsaved-1`` and so on.

        Args:
            keep_unsaved: False drops those answers, e.g. to ask again with what others wrote.

        Returns:
            Sessions on the branches that such answers are on.

        Raises:
            ArgumentError: The session was not opened from a store.
            SessionNotFoundError: The conversation was deleted.
            StoreError: The store cannot be read or written.
        """
        if self._stored_as is None:
            msg = "this conversation is in memory only; session.open(session_id) opens a stored one"
            raise ArgumentError(msg)
        return [self._on_branch(key) for key in self._stored_as.refresh(keep_unsaved=keep_unsaved)]

    async def arefresh(self, *, keep_unsaved: bool = True) -> list[Self]:
        """The same as :meth:`refresh`, awaited."""
        return await asyncio.to_thread(lambda: self.refresh(keep_unsaved=keep_unsaved))

    def close(self) -> None:
        """End the use of a stored conversation: later calls raise. Everything is stored already.

        Closing the session that the store's URL was given to closes the store, too.
        """
        self._closed = True
        if self._owns_store and self._store is not None:
            self._store.close()

    async def aclose(self) -> None:
        """The same as :meth:`close`, awaited."""
        await asyncio.to_thread(self.close)

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

    def _refuse_unopened(self) -> None:
        """Refuse a call whose turn would not be stored although a store was given."""
        if self._closed:
            msg = "this session is closed; open the conversation again to go on"
            raise StoreUnavailableError(msg)
        in_memory = self._stored_as is None and self._state is self._own_state
        if self._store is not None and in_memory and self._settings.memory:
            msg = (
                "this session has a store and no conversation of it is open; "
                'talk on one: alice = session.open("alice"); alice(…)'
            )
            raise ArgumentError(msg)

    def _sibling(
        self, module: dspy.Module, state: SessionState, *, memory: bool | None = None
    ) -> Any:
        raise NotImplementedError

    def _on_branch(self, key: str) -> Any:
        raise NotImplementedError
