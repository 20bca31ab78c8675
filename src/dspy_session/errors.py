"""Every error that dspy-session raises on purpose.

::

    DspySessionError
    ├── ArgumentError            (also ValueError)   an argument's value makes no sense here
    │   └── NameTakenError                           a branch of that name exists already
    ├── ArgumentTypeError        (also TypeError)    an argument is of the wrong type
    ├── NotFoundError            (also LookupError)  what was asked for is not there
    │   ├── TurnNotFoundError    (also IndexError)
    │   ├── BranchNotFoundError  (also KeyError)
    │   └── FieldNotFoundError   (also KeyError)
    ├── ConflictError                                someone else changed it first
    ├── MetricError                                  a metric raised, or returned no number
    ├── ReplayError                                  a turn of a replay failed
    ├── EncodeError              (also TypeError)    a value cannot be written to a file
    ├── FileFormatError          (also ValueError)   a file is damaged, foreign or too new
    ├── StoreError                                   what keeps conversations failed
    │   └── UnsavedAnswerError                       an answer was made and could not be kept
    └── MissingExtraError        (also ImportError)  an optional dependency is not installed

A message says what is, what was wanted, and what to do. When one of these is raised by a session,
its conversation is as it was before the call.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "BranchNotFoundError",
    "ConflictError",
    "DspySessionError",
    "EncodeError",
    "FieldNotFoundError",
    "FileFormatError",
    "MetricError",
    "MissingExtraError",
    "NameTakenError",
    "NotFoundError",
    "ReplayError",
    "StoreError",
    "TurnNotFoundError",
    "UnsavedAnswerError",
]


class DspySessionError(Exception):
    """Base of all errors of this package."""

    def __str__(self) -> str:
        # KeyError would show the message with quotes and escapes.
        return str(self.args[0]) if self.args else ""


class ArgumentError(DspySessionError, ValueError):
    """An argument's value makes no sense here, or contradicts another."""


class NameTakenError(ArgumentError):
    """A branch of that name exists already in this conversation."""


class ArgumentTypeError(DspySessionError, TypeError):
    """An argument is of the wrong type."""


class NotFoundError(DspySessionError, LookupError):
    """What was asked for is not there."""


class TurnNotFoundError(NotFoundError, IndexError):
    """No turn at that position, or with that id, on this branch."""


class BranchNotFoundError(NotFoundError, KeyError):
    """No branch of that name, or it was pruned."""


class FieldNotFoundError(NotFoundError, KeyError):
    """A turn has no such field."""


class ConflictError(DspySessionError):
    """Someone else changed the same thing first; look at it again and repeat the change."""


class MetricError(DspySessionError):
    """A metric raised an error or did not return a number."""


class ReplayError(DspySessionError):
    """A turn of a replay failed, and the replay stopped; ``__cause__`` is the program's error."""

    def __init__(self, message: str, *, index: int, session: Any) -> None:
        super().__init__(message)
        self.index = index
        """The turn that failed."""
        self.session = session
        """The session on the replay's branch, with the turns before it; None: there are none."""


class EncodeError(DspySessionError, TypeError):
    """A value cannot be written to a file; the message names the field it stands in."""


class FileFormatError(DspySessionError, ValueError):
    """A file is damaged, was written by something else, or by a newer version."""


class StoreError(DspySessionError):
    """What keeps conversations could not be read or written."""


class UnsavedAnswerError(StoreError):
    """A program answered, and the answer could not be kept. Nothing is lost: it is in here."""

    def __init__(self, *message: str, session_id: str = "", answer: Any = None) -> None:
        super().__init__(*message)
        self.session_id = session_id
        self.answer = answer
        """What the program returned."""


class MissingExtraError(DspySessionError, ImportError):
    """An optional dependency is not installed; the message holds the command that installs it."""
