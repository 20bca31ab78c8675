"""Stored sessions: opened as another process would, and compared with everything in them."""

from __future__ import annotations

from typing import Any

import dspy
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session.stores import _opened
from dspy_session.stores._contract_conversations import told


def anew(chat: Session, session_id: str, **options: Any) -> Session:
    """Open a session as if this process had never seen it."""
    store = chat.store
    assert store is not None
    shared = _opened._opened.pop(store, None)
    try:
        return chat.open(session_id, **options)
    finally:
        if shared is not None:
            _opened._opened[store] = shared


def whole(session: Session) -> Any:
    """Return everything in a session's conversation as plain values that can be compared."""
    return told(session.state._conversation)


def answers(*texts: str) -> Any:
    """Let a model give these answers for the body of ``with``."""
    return dspy.context(lm=scripted_lm(*({"answer": text} for text in texts)))
