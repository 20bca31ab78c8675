"""A conversation that lives in a store: every change is written before anyone sees it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from .._files.known_types import Types
from .._tree.branch import Branch
from .._tree.conversation import Branches, Change, Conversation
from .._tree.values import Fields
from ..errors import ArgumentError, SessionConflictError, SessionNotFoundError, StoreError
from ._checks import checked_id, checked_metadata
from ._collector import no_full_collection
from ._conversation_reader import ConversationReader
from ._conversation_writer import ConversationWriter
from ._known import Known
from ._store import SessionStore
from ._unsaved import kept
from ._values import Batch, Problem, SessionInfo

_Open = WeakValueDictionary[tuple[str, frozenset[tuple[str, type]]], "StoredConversation"]
_opened: WeakKeyDictionary[SessionStore, _Open] = WeakKeyDictionary()
_opening = threading.Lock()


class StoredConversation:
    """A session's conversation, and the journal that writes its changes to the store.

    Args:
        store: The store.
        session_id: The session.
        types: The classes that may be rebuilt.
        on_corrupt: What to do about damaged rows, see :class:`ConversationReader`.
    """

    def __init__(self, store: SessionStore, session_id: str, types: Types, on_corrupt: str) -> None:
        self.store, self.session_id = store, session_id
        self.problems: list[Problem] = []
        """What was skipped, with ``on_corrupt="skip"``."""
        self._types, self._skips = types, on_corrupt == "skip"
        self._known, self._version = Known(), 0
        self._unsaved: list[Branch] = []
        self._conversation: Conversation | None = None

    @property
    def conversation(self) -> Conversation:
        """The conversation; it is the same one for all who opened it here."""
        if self._conversation is None:
            msg = "the conversation was not read yet"
            raise AssertionError(msg)
        return self._conversation

    # --- opening -------------------------------------------------------------------------------

    def begin(
        self, seed: tuple[Fields, ...] | None, user_id: str | None, metadata: Mapping[str, Any]
    ) -> bool:
        """Write a new session, with an empty conversation; False: another process just did."""
        conversation = Conversation(Branch(seed=seed))
        branches = {branch.key: branch for branch in conversation.branches}
        info = {"user_id": user_id, "metadata": metadata}
        batch = ConversationWriter(self._known).batch({}, branches, 1, info)
        try:
            self._append(batch, 0)
        except SessionConflictError:
            return False
        self._bind(conversation)
        return True

    def read_anew(self) -> None:
        """Take the stored conversation, in place of what is in memory.

        Raises:
            SessionNotFoundError: The store has none.
        """
        with no_full_collection():
            stored = self.store.load(self.session_id)
        if stored is None:
            msg = f"session {self.session_id!r} is not in the store any more: it was deleted"
            raise SessionNotFoundError(msg)
        known = Known()
        reader = ConversationReader(stored, self._types, known, skips=self._skips)
        with no_full_collection():
            found = reader.conversation()
        self._known, self._version = known, stored.info.version
        self.problems = reader.damage.problems
        if self._conversation is None:
            self._bind(found)
        else:
            self._conversation.restore(found.branches, known.counts.made)

    def _bind(self, conversation: Conversation) -> None:
        self._conversation = conversation
        conversation.journal = self

    def is_behind(self, info: SessionInfo) -> bool:
        """Whether the store holds more than this process has seen."""
        return info.version != self._version

    def begins_to_skip(self, on_corrupt: str) -> bool:
        """Skip damaged rows from now on, if that is asked for and they raised so far."""
        begins = on_corrupt == "skip" and not self._skips
        self._skips = self._skips or begins
        return begins

    # --- writing -------------------------------------------------------------------------------

    def write(self, before: Branches, change: Change, made: int) -> None:
        """Append a change to the store; the journal of the conversation."""
        try:
            batch = ConversationWriter(self._known).batch(before, change, made)
            self._append(batch, self._version)
        except StoreError as error:
            self._keep_unsaved(change, error)
            raise

    def _append(self, batch: Batch, version: int) -> None:
        try:
            self._version = self.store.append(self.session_id, batch, expected_version=version)
        except BaseException:
            self._known.drop()
            raise
        self._known.keep()

    def _keep_unsaved(self, change: Change, error: StoreError) -> None:
        """Hold on to an answer that was paid for and could not be written."""
        for branch in change.values():
            newest = None if branch is None else branch.log.last
            if newest is not None and self._known.records.get(newest.id) is None:
                self._unsaved += [branch] if branch else []
                error.unsaved = branch

    def forget_unsaved(self) -> None:
        """Let go of what could not be written: its writer makes it anew."""
        self._unsaved.clear()

    # --- after a conflict ------------------------------------------------------------------------

    def refresh(self, *, keep_unsaved: bool = True) -> list[str]:
        """Load what the store holds, and store the answers that could not be stored before.

        An answer goes where it was asked for when nothing came between, else on a branch of its
        own, which is forked where its history ends.

        Args:
            keep_unsaved: False drops those answers.

        Returns:
            Keys of the branches that such answers are on.
        """
        conversation = self.conversation
        with conversation.changing():
            self.read_anew()
            waiting, self._unsaved = self._unsaved if keep_unsaved else [], []
            keys: list[str] = []
            while waiting:
                newest = waiting[0].log.last
                if newest is not None and self._known.records.get(newest.id) is None:
                    try:
                        keys.append(kept(conversation, waiting[0]))
                    except StoreError:
                        # The attempt put a copy of the first among the unsaved.
                        self._unsaved = waiting
                        raise
                waiting = waiting[1:]
            return keys


def opened(  # noqa: PLR0913  # what a session is opened with
    store: SessionStore,
    session_id: str,
    types: Types,
    *,
    seed: tuple[Fields, ...] | None = None,
    user_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    on_corrupt: str = "raise",
) -> StoredConversation:
    """Return the conversation of a session; it begins now if the store has none.

    All who open a session of one store object in one process share its conversation.

    Args:
        store: The store.
        session_id: The session.
        types: The classes that may be rebuilt.
        seed: History messages that a new conversation begins with.
        user_id: Whose it is; one that exists must be theirs.
        metadata: Metadata of a new session.
        on_corrupt: ``"raise"`` or ``"skip"``.

    Raises:
        ArgumentError: The session belongs to another user, or an argument makes no sense.
        DamagedRowError: It cannot be read.
    """
    checked_id(session_id)
    if on_corrupt not in ("raise", "skip"):
        msg = f"on_corrupt is 'raise' or 'skip', got {on_corrupt!r:.80}"
        raise ArgumentError(msg)
    owner = None if user_id is None else checked_id(user_id, "user_id")
    data = checked_metadata(metadata)
    key = (session_id, frozenset(types.items()))
    with _opening:
        shared = _opened.setdefault(store, _Open())
        present = shared.get(key)
    info = store.info(session_id)
    if info is not None and owner is not None and info.user_id != owner:
        msg = f"session {session_id!r} belongs to another user than {owner!r}"
        raise ArgumentError(msg)
    if present is not None and info is not None:
        if present.is_behind(info) or present.begins_to_skip(on_corrupt):
            present.refresh()
        return present
    made = StoredConversation(store, session_id, types, on_corrupt)
    if info is not None or not made.begin(seed, owner, data):
        made.read_anew()
    with _opening:
        present = shared.get(key) if info is not None else None
        shared[key] = present = present or made
    return present
