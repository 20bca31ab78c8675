"""Agents and where their conversations are kept, from a YAML file.

::

    from dspy_session.config import get_agent_with_session

    agent, session = await get_agent_with_session("geo", session_id="user_123")

An agent is a DSPy program or an agent of the OpenAI Agents SDK, made by the function that the file
names. ``python -m dspy_session check FILE`` says what would be built.
"""

from ._asking import Reply
from ._factory import AgentFactory
from ._functions import (
    clear_session_cache,
    get_agent,
    get_agent_with_session,
    get_orchestrator,
    get_session,
)
from ._load import config_from, load_config
from ._orchestrator import Orchestrator
from ._schema import AgentConfig, AgentsConfig, ModelConfig, OrchestratorConfig, SessionMemoryConfig

__all__ = [
    "AgentConfig",
    "AgentFactory",
    "AgentsConfig",
    "ModelConfig",
    "Orchestrator",
    "OrchestratorConfig",
    "Reply",
    "SessionMemoryConfig",
    "clear_session_cache",
    "config_from",
    "get_agent",
    "get_agent_with_session",
    "get_orchestrator",
    "get_session",
    "load_config",
]
