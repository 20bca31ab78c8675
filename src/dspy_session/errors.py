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
    │   ├── SessionConflictError (also ConflictError)  another writer saved the session first
    │   ├── SessionArchivedError (also ConflictError)  an archived session takes no changes
    │   ├── SessionNotFoundError (also NotFoundError)  the store has no such session
    │   ├── StoreUnavailableError                    the store is closed, full or out of reach
    │   ├── DamagedRowError                          something stored cannot be read any more
    │   ├── StoreVersionError                        a newer version wrote this store
    │   └── UnsavedAnswerError                       an answer was made and could not be kept
    ├── ConfigError              (also ValueError)   a configuration file says what cannot be done
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
    "ConfigError",
    "ConflictError",
    "DamagedRowError",
    "DspySessionError",
    "EncodeError",
    "FieldNotFoundError",
    "FileFormatError",
    "MetricError",
    "MissingExtraError",
    "NameTakenError",
    "NotFoundError",
    "ReplayError",
    "SessionArchivedError",
    "SessionConflictError",
    "SessionNotFoundError",
    "StoreError",
    "StoreUnavailableError",
    "StoreVersionError",
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

    def __init__(self, message: str = "", *, index: int = -1, session: Any = None) -> None:
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
    """A store cannot do what was asked.

    When an answer could not be stored, ``unsaved`` is its turn, and ``session.refresh()`` stores it
    as soon as that is possible.
    """

    unsaved: Any = None
    """The turn that was answered and not stored, or None."""


class SessionConflictError(StoreError, ConflictError):
    """Another writer saved the session between our read and our write; nothing was written."""

    def __init__(
        self, *message: str, session_id: str = "", expected: int = 0, found: int = 0
    ) -> None:
        super().__init__(*message)
        self.session_id = session_id
        self.expected = expected
        """The version that the write was based on; 0: the session was to be new."""
        self.found = found
        """The version that the store has; 0: there is no such session."""

    @classmethod
    def between(cls, session_id: str, *, expected: int, found: int) -> SessionConflictError:
        """Return the error for a write that came second."""
        now = f"is at version {found}" if found else "is not"
        message = (
            f"session {session_id!r} {now} in the store, and this change was based on version "
            f"{expected}: another writer was first. Nothing was written; session.refresh() loads "
            f"the stored conversation, then repeat the change"
        )
        return cls(message, session_id=session_id, expected=expected, found=found)


class SessionArchivedError(StoreError, ConflictError):
    """An archived session takes no changes; ``store.unarchive(session_id)`` opens it again."""


class SessionNotFoundError(StoreError, NotFoundError):
    """The store has no session of that id."""


class StoreUnavailableError(StoreError):
    """The store is closed, full, locked or out of reach; nothing is lost in memory."""


class DamagedRowError(StoreError):
    """Something stored cannot be read any more; the message names the row."""


class StoreVersionError(StoreError):
    """The store was written by a newer version of this package, which this one does not touch."""


class UnsavedAnswerError(StoreError):
    """A program answered, and the answer could not be kept. Nothing is lost: it is in here."""

    def __init__(self, *message: str, session_id: str = "", answer: Any = None) -> None:
        super().__init__(*message)
        self.session_id = session_id
        self.answer = answer
        """What the program returned."""


class ConfigError(DspySessionError, ValueError):
    """A configuration file says something that cannot be done; file, line and key are named."""


class MissingExtraError(DspySessionError, ImportError):
    """An optional dependency is not installed; the message holds the command that installs it."""
