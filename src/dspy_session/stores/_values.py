"""What a store holds and is asked: plain values that every backend understands."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from .._tree.record import new_id, now
from ..errors import SessionArchivedError, SessionConflictError

ACTIVE, ARCHIVED = "active", "archived"


@dataclasses.dataclass(frozen=True, slots=True)
class SessionInfo:
    """The summary of a stored session: all that lists show, and nothing of what was said in it."""

    session_id: str
    user_id: str | None = None
    status: str = ACTIVE
    """``"active"`` or ``"archived"``."""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """JSON values by name, as the application gave them."""
    created_at: datetime.datetime = dataclasses.field(default_factory=now)
    updated_at: datetime.datetime = dataclasses.field(default_factory=now)
    """When something was last written; aware, UTC. Nothing is ordered by it."""
    version: int = 0
    """Counts the writes; a write that is based on an older version is refused."""
    place: int = 0
    """Place in the store's order of last writes, largest newest; lists are sorted by it."""
    turns: int = 0
    """Turns on the session's first branch."""
    branches: int = 1
    preview: str = ""
    """The beginning of what was said first."""
    layout: str = ""
    """JSON of the mapping from conversations to rows; backends only keep it."""
    batch: str = ""
    """Id of the last batch, by which a repeated write is known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One stored piece of a session. ``(kind, key)`` names it; the body is opaque to backends."""

    kind: str
    """Lower-case letters, e.g. ``turn``, ``branch``, ``state``."""
    key: str
    """Within its kind: letters, digits, ``:``, ``-`` and ``_``; at most 200 characters."""
    body: str
    """JSON text."""
    text: str | None = None
    """What a text search looks through, case-folded; None: nothing."""


_INFO_FIELDS = frozenset(
    {"user_id", "status", "metadata", "turns", "branches", "preview", "layout"}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """What one write changes, all of it or nothing."""

    rows: Sequence[Row] = ()
    """Rows to write; one of the same kind and key is replaced."""
    gone: Sequence[tuple[str, str]] = ()
    """Kind and key of rows to take away."""
    info: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """Changed fields of :class:`SessionInfo`, any of ``user_id``, ``status``, ``metadata``,
    ``turns``, ``branches``, ``preview`` and ``layout``."""
    touch: bool = True
    """Whether the session moves to the top of lists, with a new ``updated_at``."""
    at: datetime.datetime = dataclasses.field(default_factory=now)
    id: str = dataclasses.field(default_factory=new_id)
    """The same batch written twice, e.g. after a lost connection, counts once."""

    def __post_init__(self) -> None:
        if not self.info.keys() <= _INFO_FIELDS:
            msg = f"a batch cannot change {sorted(self.info.keys() - _INFO_FIELDS)}"
            raise ValueError(msg)

    def applied(
        self, present: SessionInfo | None, session_id: str, expected_version: int, place: int
    ) -> SessionInfo:
        """Return the session's summary after this batch.

        Every backend decides here whether a write may happen. The result *is* ``present`` when
        this very batch was written before; then nothing is to be written again.

        Args:
            present: The stored summary; None: there is no such session.
            session_id: The session.
            expected_version: The version the batch is based on; 0: the session is to be new.
            place: The next place in the store's order of last writes.

        Raises:
            SessionConflictError: The stored version is another one.
            SessionArchivedError: The session is archived, and this batch does not change that.
        """
        found = 0 if present is None else present.version
        if present is not None and present.batch == self.id:
            return present
        if present is not None and present.status == ARCHIVED and "status" not in self.info:
            msg = (
                f"session {session_id!r} is archived and takes no changes; "
                f"store.unarchive({session_id!r}) opens it again"
            )
            raise SessionArchivedError(msg)
        if found != expected_version:
            raise SessionConflictError.between(session_id, expected=expected_version, found=found)
        if present is None:
            new = SessionInfo(session_id, created_at=self.at, updated_at=self.at, place=place)
        elif self.touch:
            new = dataclasses.replace(present, updated_at=self.at, place=place)
        else:
            new = present
        return dataclasses.replace(new, version=found + 1, batch=self.id, **self.info)


@dataclasses.dataclass(frozen=True, slots=True)
class SessionRows:
    """Everything that is stored of one session, as of one moment."""

    info: SessionInfo
    rows: Sequence[Row]


@dataclasses.dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions to list: those that fit all that is given. Made and checked by the store."""

    user_id: str | None = None
    status: str | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """Name to the JSON text of the wanted value, see :func:`metadata_items`."""
    text: str | None = None
    """Case-folded text that some row's ``text`` contains."""
    updated_before: datetime.datetime | None = None
    before_place: int | None = None
    """Only sessions with a smaller ``place``: the page after this one."""
    limit: int = 50


@dataclasses.dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of a list, newest first."""

    sessions: Sequence[SessionInfo]
    after: str | None
    """Pass it as ``after=`` for the next page; None: this is the last one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a store's content."""

    session_id: str
    row: str
    """Kind and key, e.g. ``turn 0:7``; empty: the whole session."""
    message: str
