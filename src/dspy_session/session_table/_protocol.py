"""What the kernel and the page of the table of sessions say to each other.

The traffic is that of the inspector (see ``inspector/_protocol``): traits one way, requests
with one answer each, pushes. The page's types are generated (``js/src/sessions/protocol.ts``).
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict

PROTOCOL_VERSION = 1
"""Raised on every incompatible change. A page built for another version asks for a restart."""

PAGE_ROWS = 50
"""Sessions in one answer."""

PREVIEW_CHARS = 200
"""The most characters of what was said first that a row carries."""


# --- shown ---------------------------------------------------------------------------------------


class SessionRow(TypedDict):
    """One stored session, as a row of the table."""

    session_id: str
    user: str | None
    status: Literal["active", "archived"]
    turns: int
    branches: int
    preview: str
    """The beginning of what was said first."""
    metadata: list[tuple[str, str]]
    """Names and values as text, the first few."""
    updated_at: str
    """ISO 8601, UTC."""


class Listed(TypedDict):
    """One page of sessions, last written first."""

    sessions: list[SessionRow]
    after: str | None
    """Ask for the next page with it; null: this is the last one."""


class TableSummary(TypedDict):
    """All that the page shows before it asks for anything."""

    protocol: int
    revision: int
    """Counts the changes made through this manager."""
    store: str
    """Which store this is, in words."""
    first: Listed


# --- requests ------------------------------------------------------------------------------------


class ListArgs(TypedDict):
    """Which sessions; an absent key does not filter."""

    search: NotRequired[str]
    """Said in the session, on any branch; or the session's whole id."""
    user: NotRequired[str]
    status: NotRequired[Literal["active", "archived"]]
    after: NotRequired[str]


class OpenArgs(TypedDict):
    session_id: str


class Opened(TypedDict):
    """A session's inspector is ready: the model of its widget."""

    session_id: str
    model: str
    status: Literal["active", "archived"]


class CloseArgs(TypedDict):
    """The session that was open is no longer shown."""

    session_id: str


class StatusArgs(TypedDict):
    """Put a session aside, or take it back."""

    session_id: str
    archived: bool


class DeleteArgs(TypedDict):
    """Take a session away for good, unless it has more turns now than were shown."""

    session_id: str
    turns: int


class Done(TypedDict):
    """An action was done."""

    message: str
    """For the status line."""


REQUESTS: dict[str, tuple[type, type]] = {
    "list": (ListArgs, Listed),
    "open": (OpenArgs, Opened),
    "close": (CloseArgs, Done),
    "set_status": (StatusArgs, Done),
    "delete": (DeleteArgs, Done),
}
"""Name of each request to the types of its arguments and of its result."""


# --- envelopes -----------------------------------------------------------------------------------


class Changed(TypedDict):
    """The sessions changed through this manager; ask again for what is on the screen."""

    push: Literal["changed"]
    revision: int


PUSHES = (Changed,)
"""What the kernel says unasked."""
