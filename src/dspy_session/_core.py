"""What every part of a session stands on: its program, its settings, the state it is bound to."""

from __future__ import annotations

import asyncio
import dataclasses
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import dspy

from ._binding import bound_state
from ._calls.frame import current_frame
from ._calls.memory import Choices
from ._calls.policy import Settings
from ._calls.program import Program
from ._calls.walk import Conversing, Walk
from ._state import SessionState
from ._tree.branch import Branch
from ._tree.conversation import Conversation
from ._tree.grafting import grafted
from ._tree.record import record_key
from ._tree.values import Fields
from ._turns import Call, Turn
from .errors import StoreError

T = TypeVar("T")
OnTurn = Callable[[Any, Any], Any]

OWNER = "_dspy_session_owner"
"""On a node that reads like a session: a weak reference to the session around it."""


class SessionCore(Conversing):
    """The inside of a session. :class:`dspy_session.Session` adds what users call."""

    module: dspy.Module
    _id: str
    _program: Program
    _settings: Settings
    _choices: Choices
    _initial: tuple[Fields, ...] | None
    _own_state: SessionState

    def _wrap(self, module: dspy.Module) -> None:
        """Put a program in place, and make its parts nodes of this session."""
        from ._nodes import MIXINS

        settings = self._settings
        self._program = Program(
            module,
            settings.history_field,
            strict=settings.strict_history_annotation,
            choices=self._choices,
            mixins=MIXINS,
        )
        self._settings = dataclasses.replace(
            settings,
            history_field=self._program.history_field,
            memory=settings.memory and self._program.policies.program.lifespan != "stateless",
        )
        self.module = module
        self._own_nodes()

    def _refresh(self) -> None:
        """Take in what was put into the program since it was wrapped."""
        if self.module is not self._program.module:  # as map_named_predictors does
            self._wrap(self.module)
        elif (refreshed := self._program.refreshed()) is not self._program:
            self._program = refreshed
            self._own_nodes()

    def _own_nodes(self) -> None:
        for part in self._program.nodes:
            if isinstance(part.value, Conversing):
                part.value.__dict__[OWNER] = weakref.ref(self)

    def _listeners(self, turn: Turn) -> Iterator[tuple[OnTurn | None, Any, Call]]:
        """Yield who is to be told of a recorded turn: sessions inside of their calls, then this."""
        records = turn._record.nested()
        for path, session in self._program.sessions():
            if session._settings.on_turn is None:
                continue
            log = (
                turn._branch.nodes[path].ledger if path in turn._branch.nodes else turn._branch.log
            )
            for record in (one for one in records if one.node == path):
                position = log.position_of(record.id, record_key)
                index = turn.index if position is None else position
                yield session._settings.on_turn, session, Call(turn._branch, index, record)
        yield self._settings.on_turn, self, turn

    def _fresh_state(self) -> SessionState:
        """Return a state with no turns."""
        branch = Branch(seed=self._initial)
        return SessionState._of(Conversation(branch), branch.key)

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


def adopting(module: Any, branch: Branch) -> Branch:
    """Return a branch to begin with: the turns of sessions inside a module are calls of nodes."""
    parts = Walk(module).of_kind("session") if isinstance(module, dspy.Module) else ()
    for part in parts:
        inner: Branch = part.value._branch
        if part.within is None and (len(inner.log) or inner.memory):
            branch = grafted(branch, part.path, inner)
    return branch
