"""What cannot be read of a stored session."""

from __future__ import annotations

from .._files.stand_ins import StandIn
from ..errors import DamagedRowError
from ..stores import Problem, SessionStore
from ..stores._conversation_reader import ConversationReader
from ..stores._known import Known
from ._kept_rows import kept_rows


def problems_in(store: SessionStore, session_id: str) -> list[Problem]:
    """Return what is damaged in a session, after reading all of it; nothing is changed.

    A session that is not there any more has no problems.
    """
    stored = store.load(session_id)
    if stored is None:
        return []
    reader = ConversationReader(stored, {"StandIn": StandIn}, Known(), skips=True)
    found: list[Problem] = []
    try:
        reader.conversation()
        reader.everything()
    except DamagedRowError as problem:
        found.append(Problem(session_id, "", str(problem)))
    for row in stored.rows:
        try:
            kept_rows(session_id, [row])
        except DamagedRowError as problem:  # noqa: PERF203  # each row by itself
            found.append(Problem(session_id, f"{row.kind} {row.key}", str(problem)))
    return [*reader.damage.problems, *found]
