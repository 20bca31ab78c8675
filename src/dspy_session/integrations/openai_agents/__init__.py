"""Conversations of the OpenAI Agents SDK.

::

    from agents import Agent, Runner
    from dspy_session.integrations.openai_agents import AgentsSession

    session = AgentsSession("user_alice", "sqlite:///agents.db")
    await Runner.run(agent, "Hi, I'm Alice", session=session)
    session.inspect()

Or memory by session id, where an agent knows where its conversations are kept::

    from dspy_session.integrations.openai_agents import Agent, Runner

    agent = Agent(name="Assistant", instructions="Reply very concisely.", memory=True)
    await Runner.run(agent, "Hi, I'm Alice", session_id="user_alice")

It needs the extra ``agents``.
"""

from ...errors import MissingExtraError

try:
    import agents as _agents  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as missing:
    _msg = (
        "the OpenAI Agents SDK is not installed; install it with pip install 'dspy-session[agents]'"
    )
    raise MissingExtraError(_msg) from missing

from ...session_memory import SessionMemory, SQLiteSessionMemory
from ._agent import Agent, Runner
from ._memory_session import MemorySession
from ._program import AgentProgram
from ._session import AgentsSession

__all__ = [
    "Agent",
    "AgentProgram",
    "AgentsSession",
    "MemorySession",
    "Runner",
    "SQLiteSessionMemory",
    "SessionMemory",
]
