"""Bind a user's state to a shared session, for one task or thread and what DSPy starts in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import dspy

from ._state import SessionState

# DSPy's own thread pools carry settings overrides to their workers, but not context variables.
_STATES_KEY = "_dspy_session_states"


def bound_state(session_id: str) -> SessionState | None:
    """Return the state bound to a session here, or None."""
    states = dspy.settings.get(_STATES_KEY)
    return states.get(session_id) if states else None


class StateBinding:
    """A state bound to a session for the body of ``with`` or ``async with``."""

    def __init__(self, session_id: str, state: SessionState) -> None:
        self._session_id, self._state = session_id, state
        # One binding may be entered by several tasks at once, and again inside itself.
        self._entered: dict[object, list[AbstractContextManager[SessionState]]] = {}

    @contextmanager
    def _bound(self) -> Generator[SessionState, None, None]:
        present = dspy.settings.get(_STATES_KEY) or {}
        with dspy.context(**{_STATES_KEY: {**present, self._session_id: self._state}}):
            yield self._state

    def __enter__(self) -> SessionState:
        context = self._bound()
        bound = context.__enter__()
        self._entered.setdefault(_here(), []).append(context)
        return bound

    def __exit__(self, *error: Any) -> None:
        here = _here()
        entered = self._entered[here]
        context = entered.pop()
        if not entered:
            del self._entered[here]
        context.__exit__(*error)

    async def __aenter__(self) -> SessionState:
        return self.__enter__()

    async def __aexit__(self, *error: Any) -> None:
        self.__exit__(*error)


def _here() -> object:
    """The task that runs, or the thread when there is none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task or threading.get_ident()
