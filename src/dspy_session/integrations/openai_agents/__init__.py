"""Conversations of the OpenAI Agents SDK.

::

    from dspy_session.integrations.openai_agents import Agent, Runner

    agent = Agent(name="Assistant", instructions="Reply very concisely.", memory=True)
    await Runner.run(agent, "Hi, I'm Alice", session_id="user_alice")
    await Runner.run(agent, "What's my name?", session_id="user_alice")

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

__all__ = ["Agent", "MemorySession", "Runner", "SQLiteSessionMemory", "SessionMemory"]
