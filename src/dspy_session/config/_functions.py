"""The methods of the process's own factory, as functions."""

from __future__ import annotations

from typing import Any

from ._factory import AgentFactory


async def get_agent(
    name: str,
    instructions: str | None = None,
    use_config_defaults: bool = True,  # noqa: FBT001, FBT002  # as the method
) -> Any:
    """Return an agent; see :meth:`AgentFactory.get_agent`."""
    return await AgentFactory.instance().get_agent(name, instructions, use_config_defaults)


async def get_agent_with_session(
    name: str,
    instructions: str | None = None,
    use_config_defaults: bool = True,  # noqa: FBT001, FBT002
    session_id: str | None = None,
) -> tuple[Any, Any]:
    """Return an agent and its session; see :meth:`AgentFactory.get_agent_with_session`."""
    return await AgentFactory.instance().get_agent_with_session(
        name, instructions, use_config_defaults, session_id
    )


async def get_orchestrator(
    name: str, instructions: str | None = None, session_id: str | None = None
) -> tuple[Any, Any]:
    """Return an orchestrator and its session; see :meth:`AgentFactory.get_orchestrator`."""
    return await AgentFactory.instance().get_orchestrator(name, instructions, session_id)


def get_session(agent_name: str, session_id: str | None = None) -> Any:
    """Return an agent's session; see :meth:`AgentFactory.get_session`."""
    return AgentFactory.instance().get_session(agent_name, session_id)


def clear_session_cache() -> None:
    """Let go of all sessions; see :meth:`AgentFactory.clear_session_cache`."""
    AgentFactory.instance().clear_session_cache()
