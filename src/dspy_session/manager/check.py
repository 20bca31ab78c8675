"""What cannot be read of a stored session."""

from __future__ import annotations

from ..errors import DamagedRowError
from ..stores import Problem, SessionStore
from ..stores._conversation_reader import problems_in as problems_in_conversation
from ._kept_rows import kept_rows


def problems_in(store: SessionStore, session_id: str) -> list[Problem]:
    """Return what is damaged in a session, after reading all of it; nothing is changed.

    A session that is not there any more has no problems.
    """
    stored = store.load(session_id)
    if stored is None:
        return []
    found: list[Problem] = []
    for row in stored.rows:
        try:
            kept_rows(session_id, [row])
        except DamagedRowError as problem:  # noqa: PERF203  # each row by itself
            found.append(Problem(session_id, f"{row.kind} {row.key}", str(problem)))
    return [*problems_in_conversation(stored), *found]
