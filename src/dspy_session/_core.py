"""What every part of a session stands on: its program, its settings, the state it is bound to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import dspy

from ._binding import bound_state
from ._calls.frame import current_frame
from ._calls.policy import Settings
from ._calls.program import Program
from ._state import SessionState
from ._tree.branch import Branch
from ._tree.conversation import Conversation
from ._turns import Turn
from .errors import StoreError

T = TypeVar("T")


class SessionCore:
    """The inside of a session. :class:`dspy_session.Session` adds what users call."""

    module: dspy.Module
    _id: str
    _program: Program
    _settings: Settings
    _own_state: SessionState

    @property
    def _state(self) -> SessionState:
        return bound_state(self._id) or self._own_state

    @property
    def _conversation(self) -> Conversation:
        return self._state._conversation

    @property
    def _key(self) -> str:
        return self._state._key

    @property
    def _branch(self) -> Branch:
        state = self._state
        return state._conversation[state._key]

    def _under_way(self) -> bool:
        """Whether this code runs inside a call on the same branch, which holds its lock."""
        frame = current_frame()
        return frame is not None and self._key in frame.session_ids

    def _stored(self, work: Callable[[], T]) -> T:
        """Do what changes the conversation; an answer that cannot be stored is in the error."""
        try:
            return work()
        except StoreError as error:
            if isinstance(error.unsaved, Branch):
                error.unsaved = Turn(error.unsaved, len(error.unsaved.log) - 1)
            raise

    async def _astored(self, work: Callable[[], T]) -> T:
        """The same, awaited: a store's disk or server holds up no event loop."""
        if self._conversation.journal is None:
            return self._stored(work)
        writing = asyncio.ensure_future(asyncio.to_thread(self._stored, work))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            # Too late: what is being written is written before the conversation is left alone.
            await asyncio.wait([writing])
            raise

    @property
    def history_field(self) -> str:
        """Name of the input that carries the history."""
        return self._program.history_field

    def _on_branch(self, key: str) -> Any:
        raise NotImplementedError
