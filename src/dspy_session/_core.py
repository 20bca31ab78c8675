"""What every part of a session stands on: its program, its settings, the state it is bound to."""

from __future__ import annotations

from typing import Any

import dspy

from ._binding import bound_state
from ._calls.frame import current_frame
from ._calls.policy import Settings
from ._calls.program import Program
from ._state import SessionState
from ._tree.branch import Branch
from ._tree.conversation import Conversation


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

    @property
    def history_field(self) -> str:
        """Name of the input that carries the history."""
        return self._program.history_field

    def _on_branch(self, key: str) -> Any:
        raise NotImplementedError
