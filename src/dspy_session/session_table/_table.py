"""What the page asks of a manager: to list, open, put aside and delete its sessions."""

from __future__ import annotations

import threading
from typing import Any, Protocol

from .._as_text import as_text
from ..errors import ArgumentError, ConflictError, SessionNotFoundError
from ..inspector import SessionInspector
from ..inspector._view.text import cut, one_line, safe
from ..manager._manager import store_label
from ..stores import SessionInfo, SessionStore
from ._protocol import (
    PAGE_ROWS,
    PREVIEW_CHARS,
    PROTOCOL_VERSION,
    CloseArgs,
    DeleteArgs,
    Done,
    ListArgs,
    Listed,
    OpenArgs,
    Opened,
    SessionRow,
    StatusArgs,
    TableSummary,
)

SHOWN_METADATA = 4
_VALUE_CHARS = 40


class Manager(Protocol):
    """What a manager offers to its table; ``dspy_session.SessionManager`` does."""

    @property
    def store(self) -> SessionStore:
        """Where the sessions are."""
        ...

    def open(self, session_id: str, *, on_corrupt: str = "raise") -> Any:
        """Return a stored session as a live one, whose changes are stored as they happen."""
        ...

    def archive(self, session: str) -> Any:
        """Put a session aside."""
        ...

    def unarchive(self, session: str) -> Any:
        """Take it back."""
        ...

    def delete(self, session: str) -> bool:
        """Take a session away."""
        ...


class SessionTable:
    """The state of a manager's table: what is open in it, and how often something changed."""

    def __init__(self, manager: Manager) -> None:
        self.manager = manager
        self.revision = 0
        self.widget: Any = None
        """The manager's one widget, made when it is first shown."""
        self.lock = threading.RLock()
        self._open: dict[str, tuple[Any, Any]] = {}

    def summary(self) -> TableSummary:
        """Return what the page shows before it asks for anything."""
        return TableSummary(
            protocol=PROTOCOL_VERSION,
            revision=self.revision,
            store=one_line(store_label(self.manager.store), 120),
            first=self.list({}),
        )

    def changed(self) -> None:
        """Have the page told that sessions were written, put aside or taken away."""
        self.revision += 1
        if self.widget is not None:
            self.widget.tell()

    # --- requests ------------------------------------------------------------------------------

    def list(self, args: ListArgs) -> Listed:
        """Return one page of sessions; one whose id was looked for comes first."""
        store, search, after = self.manager.store, args.get("search"), args.get("after")
        page = store.list_sessions(
            user_id=args.get("user"),
            status=args.get("status"),
            text=search,
            limit=PAGE_ROWS,
            after=after,
        )
        found = [*page.sessions]
        named = None if search is None or after is not None else _named(store, search)
        if named is not None and _fits(named, args):
            found = [named, *(one for one in found if one.session_id != named.session_id)]
        return Listed(sessions=[row_of(one) for one in found], after=page.after)

    def open(self, args: OpenArgs) -> Opened:
        """Open a session and return the model of its inspector's widget."""
        session_id = args["session_id"]
        info = self._info(session_id)
        with self.lock:
            if session_id not in self._open:
                session = self.manager.open(session_id, on_corrupt="skip")
                self._open[session_id] = session, SessionInspector(session)
            _, inspector = self._open[session_id]
        model = str(inspector.widget.model_id)
        return Opened(session_id=session_id, model=model, status=info_status(info))

    def close(self, args: CloseArgs) -> Done:
        """Let go of an opened session; what was done in it is stored already."""
        self._close(args["session_id"])
        return Done(message="")

    def set_status(self, args: StatusArgs) -> Done:
        """Put a session aside, or take it back."""
        session_id = args["session_id"]
        if args["archived"]:
            self.manager.archive(session_id)
        else:
            self.manager.unarchive(session_id)
        word = "archived" if args["archived"] else "active again"
        return Done(message=f"{session_id} is {word}.")

    def delete(self, args: DeleteArgs) -> Done:
        """Take a session away, unless there is more in it than was shown."""
        session_id = args["session_id"]
        if self._info(session_id).turns > args["turns"]:
            msg = f"{session_id} has new turns; look at them before you delete it"
            raise ConflictError(msg)
        self.manager.delete(session_id)
        self._close(session_id)
        return Done(message=f"{session_id} is deleted.")

    # --- their parts ---------------------------------------------------------------------------

    def _info(self, session_id: str) -> SessionInfo:
        info = self.manager.store.info(session_id)
        if info is None:
            msg = f"the store has no session {session_id!r} any more"
            raise SessionNotFoundError(msg)
        return info

    def _close(self, session_id: str) -> None:
        with self.lock:
            session, inspector = self._open.pop(session_id, (None, None))
        if session is None:
            return
        inspector.widget.close()
        session.close()


def _named(store: SessionStore, name: str) -> SessionInfo | None:
    try:
        return store.info(name)
    except ArgumentError:
        return None  # what was looked for is no id


def _fits(info: SessionInfo, args: ListArgs) -> bool:
    return args.get("user") in (None, info.user_id) and args.get("status") in (None, info.status)


def info_status(info: SessionInfo) -> Any:
    """Return a session's status, as the protocol has it."""
    return info.status


def row_of(info: SessionInfo) -> SessionRow:
    """Return a stored session as a row of the table."""
    shown = list(info.metadata.items())[:SHOWN_METADATA]
    return SessionRow(
        session_id=safe(info.session_id),
        user=None if info.user_id is None else safe(info.user_id),
        status=info_status(info),
        turns=info.turns,
        branches=info.branches,
        preview=safe(cut(info.preview, 0, PREVIEW_CHARS)),
        metadata=[(safe(name), one_line(as_text(value), _VALUE_CHARS)) for name, value in shown],
        updated_at=info.updated_at.isoformat(),
    )
