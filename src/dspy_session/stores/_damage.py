"""Rows that cannot be read: an error that names the row, or a report and something in its place."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from typing import Any

from .._files.tags import Undecodable, path_text
from .._tree.record import ROOT, Record, Window
from ..errors import DamagedRowError, DspySessionError
from ._values import Problem

LOST_TEXT = "[unreadable]"
_logger = logging.getLogger("dspy_session")


class Damage:
    """What to do about rows that cannot be read.

    Args:
        session_id: The session they belong to.
        skips: Whether to report them and go on; else they raise.
    """

    def __init__(self, session_id: str, *, skips: bool) -> None:
        self.session_id, self.skips = session_id, skips
        self.problems: list[Problem] = []

    def guarded(self, kind: str, key: str, work: Callable[[], Any]) -> Any:
        """Do some work on a row; return None where it is damaged and skipped.

        Raises:
            DamagedRowError: It is damaged; the error names the row.
        """
        try:
            return work()
        except Undecodable as problem:
            what = f"{path_text(problem.path[::-1])}: {problem.reason}".removeprefix(": ")
        except DamagedRowError:
            raise
        except DspySessionError as problem:
            what = str(problem)
        # What slips through the checks is damage all the same; nothing here runs foreign code.
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            what = f"{type(problem).__name__}: {problem!s:.200}"
        except RecursionError:
            what = "it is nested too deeply"
        error = self.error(kind, key, what)
        if not self.skips:
            raise error
        self.problems.append(Problem(self.session_id, f"{kind} {key}".strip(), what))
        _logger.warning("%s; it was skipped", error)
        return None

    def error(self, kind: str, key: str, what: str) -> DamagedRowError:
        """Return the error for a row."""
        row = f"row {kind} {key}".rstrip() if kind != "session" else "its header"
        msg = (
            f"session {self.session_id!r}: {row} cannot be read: {what}. "
            f"Open it with on_corrupt='skip' to read the rest"
        )
        return DamagedRowError(msg)

    def lost(self, problem: Undecodable) -> str:
        """Return what to read in place of a text that is gone, or raise the problem."""
        if self.skips:
            return LOST_TEXT
        raise problem


class LostRecords(list[Record]):
    """Empty records in place of those in a row that cannot be read."""

    def __init__(self, row: str) -> None:
        super().__init__()
        self._row = row

    def __getitem__(self, number: Any) -> Any:
        flag = f"row turn {self._row} of the store cannot be read; this turn is lost"
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        name = f"lost-{self._row}-{number}"
        return Record(name, ROOT, {}, {}, Window(), epoch, source="lost", flags=(flag,))


class LostMessages(list[dict[str, Any]]):
    """Messages in place of those that cannot be read, as many as are asked for."""

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[0] for _ in range(number.start or 0, number.stop or 0)]
        return {"role": "user", "content": LOST_TEXT}
