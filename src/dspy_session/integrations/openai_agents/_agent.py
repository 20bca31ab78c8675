"""The SDK's agent and runner, with memory by session id."""

from __future__ import annotations

import dataclasses
from typing import Any

import agents
from agents import RunResult, RunResultStreaming
from agents.memory import Session
from typing_extensions import TypeVar

from ...errors import ArgumentError
from ...session_memory import SessionMemory, SQLiteSessionMemory
from ...session_memory._interface import chosen_memory
from ._memory_session import MemorySession

TContext = TypeVar("TContext", default=Any)


@dataclasses.dataclass
class Agent(agents.Agent[TContext]):
    """An agent of the SDK that may keep its conversations.

    It takes every argument of ``agents.Agent``, and ``memory``. Without it nothing changes. An
    agent that a run hands over to needs none: the agent that a run starts with decides.

    Raises:
        ArgumentTypeError: ``memory`` is not None, True or a SessionMemory.
    """

    memory: bool | SessionMemory | None = None
    """``None``: keep nothing. ``True``: keep conversations in ``agent_sessions.db``. Or a
    :class:`SessionMemory`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.memory = chosen_memory(self.memory, SQLiteSessionMemory)


class Runner(agents.Runner):
    """The SDK's runner; a run of an agent with a memory names its conversation by ``session_id``.

    Every other argument is the SDK's own. For an agent without a memory ``session_id`` has no
    effect.

    Raises:
        ArgumentError: The agent has a memory and the run names no session id, or names both a
            session id and a session.
    """

    @classmethod
    async def run(  # type: ignore[override]  # the SDK's own arguments are passed on
        cls,
        starting_agent: agents.Agent[Any],
        input: Any,  # the SDK's name
        *,
        session_id: str | None = None,
        session: Session | None = None,
        **options: Any,
    ) -> RunResult:
        """Run an agent to its final output; see ``agents.Runner.run``."""
        chosen = _session_of(starting_agent, session_id, session)
        return await super().run(starting_agent, input, session=chosen, **options)

    @classmethod
    def run_sync(  # type: ignore[override]
        cls,
        starting_agent: agents.Agent[Any],
        input: Any,
        *,
        session_id: str | None = None,
        session: Session | None = None,
        **options: Any,
    ) -> RunResult:
        """Run an agent from synchronous code; see ``agents.Runner.run_sync``."""
        chosen = _session_of(starting_agent, session_id, session)
        return super().run_sync(starting_agent, input, session=chosen, **options)

    @classmethod
    def run_streamed(  # type: ignore[override]
        cls,
        starting_agent: agents.Agent[Any],
        input: Any,
        *,
        session_id: str | None = None,
        session: Session | None = None,
        **options: Any,
    ) -> RunResultStreaming:
        """Run an agent and stream its events; see ``agents.Runner.run_streamed``."""
        chosen = _session_of(starting_agent, session_id, session)
        return super().run_streamed(starting_agent, input, session=chosen, **options)


def _session_of(
    agent: agents.Agent[Any], session_id: str | None, session: Session | None
) -> Session | None:
    memory = getattr(agent, "memory", None)
    if not isinstance(memory, SessionMemory):
        return session
    if session is not None:
        msg = f"agent {agent.name!r} has a memory of its own; pass session_id=…, not session=…"
        raise ArgumentError(msg)
    if session_id is None:
        msg = (
            f"agent {agent.name!r} keeps its conversations by session id: pass session_id='…' to "
            f"the run; runs with the same id continue one conversation"
        )
        raise ArgumentError(msg)
    return MemorySession(session_id, memory)
