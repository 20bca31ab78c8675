"""Tell a trial from a conversation: optimizers and ``dspy.Evaluate`` try a program on examples."""

from __future__ import annotations

import sys

_TRYING = ("dspy.teleprompt.", "dspy.evaluate.")
_PASSING_ON = (
    "dspy.primitives.",
    "dspy.utils.",
    "dspy.teleprompt.ensemble",  # what it makes is a program, and tries nothing itself
    "dspy_session._session",
    "contextlib",
    "functools",
)


def is_trial() -> bool:
    """Whether an optimizer or ``dspy.Evaluate`` called the session itself.

    Its examples do not follow each other: each is tried on its own, with the history it brings, and
    nothing is recorded. DSPy passes no sign of this along. Settings will not do, as one thread asks
    with others than the next; the calling code does. A program or metric that holds a conversation
    of its own while it is being tried still has one: there, its code is what calls.
    """
    frame = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(_PASSING_ON):
            return name.startswith(_TRYING)
        frame = frame.f_back
    return False
