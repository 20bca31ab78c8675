"""Stored sessions: opened as another process would, and compared with everything in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import dspy
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session._tree.log import Log
from dspy_session._tree.record import Node
from dspy_session.stores import _opened


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
    conversation = session.state._conversation
    return [plain(branch) for branch in conversation.branches]


def plain(value: Any) -> Any:
    """Return a value of the data model as plain values: logs as lists, ledgers as ids."""
    if isinstance(value, Node):
        ledger = value.ledger
        return [[one.id for one in ledger], ledger.first, value.memory, value.closed]
    if isinstance(value, Log):
        return [value.first, len(value), [plain(one) for one in value]]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value) if field.init]
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def answers(*texts: str) -> Any:
    """Let a model give these answers for the body of ``with``."""
    return dspy.context(lm=scripted_lm(*({"answer": text} for text in texts)))
