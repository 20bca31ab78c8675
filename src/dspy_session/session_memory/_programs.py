"""DSPy programs whose conversations a session memory keeps, by id."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakValueDictionary

import dspy

from .._calls.finished import finished
from .._calls.trial import is_trial
from .._saving import rebuildable_types
from .._session import Session
from .._state import SessionState
from .._tree.lock import CallLock
from ..errors import ArgumentError, UnsavedAnswerError
from ..stores._checks import checked_id
from ._interface import Item, SessionMemory, chosen_memory
from ._items import items_of, turns_of
from ._sqlite import SQLiteSessionMemory


class SessionById(Session):
    """A program that keeps one conversation for each session id, in a session memory.

    Calls on one id run one after the other, each seeing those before it; calls on different ids do
    not wait for each other. A failed call leaves the memory as it was. Optimizers and
    ``dspy.Evaluate`` need no id: they try the program without memory.

    Args:
        module: The program.
        memory: ``True`` for the file ``agent_sessions.db``, or a :class:`SessionMemory`.
        settings: The other arguments of :class:`~dspy_session.Session`.

    Raises:
        ArgumentTypeError: ``memory`` is something else.
        ArgumentError: The program has an input ``session_id`` of its own; a call names no id.
        UnsavedAnswerError: The memory could not be written; the error holds the answer.

    Example:
        >>> chat = SessionById(dspy.Predict("question -> answer"), memory=True)
        >>> chat(question="Hi, I'm Alice", session_id="user_alice")
        >>> chat(question="What's my name?", session_id="user_alice").answer
    """

    def __init__(self, module: dspy.Module, memory: bool | SessionMemory, **settings: Any) -> None:  # noqa: FBT001  # reads as a switch
        chosen = chosen_memory(memory, SQLiteSessionMemory)
        if chosen is None:
            msg = "memory is True or a SessionMemory here; without one, use sessionify(program)"
            raise ArgumentError(msg)
        super().__init__(module, **settings)
        if "session_id" in self._program.inputs:
            msg = (
                "the program has an input 'session_id' of its own, and a session memory takes that "
                "name for itself; rename the input"
            )
            raise ArgumentError(msg)
        self.memory = chosen
        self._queues = _Queues()

    def forward(self, *, session_id: str | None = None, **inputs: Any) -> Any:
        """Run one turn of the conversation with that id."""
        if session_id is None and is_trial():
            return super().forward(**inputs)
        name = _named(session_id)
        with self._queues.of(name).held():
            state = self._loaded(finished(self.memory.load_session(name)))
            length = len(state)
            with self.use_state(state):
                result = super().forward(**inputs)
            finished(self._keep(name, state, length, result))
        return result

    async def aforward(self, *, session_id: str | None = None, **inputs: Any) -> Any:
        """Run one turn of the conversation with that id, awaited."""
        if session_id is None and is_trial():
            return await super().aforward(**inputs)
        name = _named(session_id)
        async with self._queues.of(name).aheld():
            state = self._loaded(await self.memory.load_session(name))
            length = len(state)
            async with self.use_state(state):
                result = await super().aforward(**inputs)
            await self._keep(name, state, length, result)
        return result

    def _loaded(self, items: list[Item]) -> SessionState:
        inputs, outputs = self._program.inputs, self._program.output_fields(None)
        turns = turns_of(
            items,
            list(inputs) or ["input"],
            list(outputs) or ["output"],
            rebuildable_types(self.module),
        )
        return SessionState(turns, initial_history=self._own_state.initial_history)

    async def _keep(self, name: str, state: SessionState, length: int, result: Any) -> None:
        turns = state.turns[length:]
        items = [item for turn in turns for item in items_of(turn.inputs, turn.outputs)]
        if not items:  # an explicit history= under the policy "override" records nothing
            return
        try:
            await self.memory.append_to_session(name, items)
        except Exception as error:
            msg = (
                f"session {name!r}: the program answered, and the turn could not be kept "
                f"({type(error).__name__}: {error}); this error's `answer` holds what it said"
            )
            raise UnsavedAnswerError(msg, session_id=name, answer=result) from error


class _Queues:
    """A lock for each session id that is in use."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, CallLock] = WeakValueDictionary()
        self._guard = threading.Lock()

    def of(self, session_id: str) -> CallLock:
        with self._guard:
            lock = self._locks.get(session_id)
            if lock is None:
                lock = self._locks[session_id] = CallLock()
            return lock

    def __reduce__(self) -> Any:
        return _Queues, ()


def _named(session_id: str | None) -> str:
    if session_id is None:
        msg = (
            "this program keeps its conversations by session id: pass session_id='…' with the "
            "call; calls with the same id continue one conversation"
        )
        raise ArgumentError(msg)
    return checked_id(session_id)
