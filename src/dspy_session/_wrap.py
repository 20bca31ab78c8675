"""Make a session of a program."""

from __future__ import annotations

from typing import Any

import dspy

from ._session import Session
from .session_memory import SessionById, SessionMemory


def sessionify(
    module: dspy.Module, *, memory: bool | SessionMemory | None = None, **settings: Any
) -> Session:
    """Return a session over a program: call it like the program, and it remembers.

    Args:
        module: Any ``dspy.Module``; it is copied, so the original stays as it is.
        memory: Keeps one conversation for each ``session_id=`` that a call names: ``True`` for the
            SQLite file ``agent_sessions.db``, or a
            :class:`~dspy_session.session_memory.SessionMemory`.
        settings: The other arguments of :class:`Session`.

    Example:
        >>> chat = sessionify(dspy.Predict("question -> answer"))
        >>> chat(question="Hi, I'm Max")
        >>> chat(question="What is my name?").answer
    """
    if memory is None or memory is False:
        return Session(module, **settings)
    return SessionById(module, memory, **settings)


def with_memory(module: dspy.Module, **settings: Any) -> Session:
    """Return a shared blueprint: one program for many users, each with a state of their own.

    The program is not copied. Bind each user's state around a call::

        app = with_memory(MyAgent())
        with app.use_state(alice):
            app(question="Hi")

    Args:
        module: Any ``dspy.Module``.
        settings: The other arguments of :class:`Session`; ``copy_mode`` defaults to ``"none"``.
    """
    settings.setdefault("copy_mode", "none")
    return Session(module, **settings)
