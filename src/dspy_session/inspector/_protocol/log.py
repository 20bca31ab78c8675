"""What the log of actions sends, a part of the protocol."""

from __future__ import annotations

from typing_extensions import NotRequired, TypedDict

# --- the log of actions --------------------------------------------------------------------------


class LogArgs(TypedDict):
    """Some consecutive lines of the log, 0 = oldest."""

    start: int
    stop: int


class LogWindow(TypedDict):
    """What was done in the inspector, each step a statement of Python."""

    total: int
    start: int
    lines: list[str]
    """Long ones are shortened; ``log_text`` gives them whole."""


class LogTextArgs(TypedDict):
    """The log as a program; ``lines`` chooses some of it, by number."""

    lines: NotRequired[list[int]]


class LogText(TypedDict):
    python: str
