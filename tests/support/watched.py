"""Sessions that somebody looks at, and what their running rows have shown."""

from __future__ import annotations

import asyncio

import dspy
import pytest

from dspy_session import sessionify
from dspy_session.inspector._view.summary import running_turns

ANSWER = "the tide comes in twice a day, and out as often"


def flat():
    return dspy.Predict("question -> answer")


def watched(program, **settings):
    """A session that somebody looks at, and what its running rows have shown, each once."""
    session, seen = sessionify(program, **settings), []
    session._conversation.watched = True

    def look():
        for row in running_turns(session._conversation.running):
            shown = (row["node"], row["written"])
            if shown[1] and shown not in seen:
                seen.append(shown)

    session._conversation.listen(look)
    return session, seen


def ask(session, question="When?", *, awaited):
    if awaited:
        return asyncio.run(session.acall(question=question))
    return session(question=question)


both = pytest.mark.parametrize("awaited", [False, True], ids=["called", "awaited"])
