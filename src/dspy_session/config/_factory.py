"""Agents by name, each with the session that its configuration gives it."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import Self

from .._calls.finished import finished
from .._wrap import sessionify
from ..errors import ArgumentError, ConfigError
from ..stores import SessionStore
from ..stores._checks import checked_id
from ._asking import Reply, asked, streamed
from ._build import agent_function, build, is_sdk_agent
from ._load import load_config
from ._orchestrator import orchestrator_of
from ._schema import AgentConfig, AgentsConfig, OrchestratorConfig, SessionMemoryConfig
from ._sessions import SessionKey, Sessions, minted_id

DEFAULT_PATH = "config/open_agents.yaml"
"""Where the configuration is looked for when none is named."""

SESSIONS_FOLDER = "data/sessions"
"""Where conversations of orchestrators are kept when the configuration names no file."""


class AgentFactory:
    """Makes agents from a configuration, with the sessions that keep their conversations.

    An agent is a DSPy program or an agent of the Agents SDK. Its session is a
    :class:`~dspy_session.Session` over the program, or an ``AgentsSession`` for
    ``Runner.run(agent, …, session=session)``; None when the configuration keeps nothing.

    Args:
        config: The configuration, or the path of its file.
        max_sessions: The most sessions held at once; the ones used least recently go.

    Raises:
        ConfigError: The file cannot be read, or says something that cannot be done.

    Example:
        >>> factory = AgentFactory.from_yaml("config/open_agents.yaml")
        >>> agent, session = await factory.get_agent_with_session("geo", session_id="user_123")
    """

    _instance: ClassVar[AgentFactory | None] = None
    _instance_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self, config: AgentsConfig | str | Path = DEFAULT_PATH, *, max_sessions: int = 1_000
    ) -> None:
        if max_sessions < 1:
            msg = f"max_sessions is at least 1, got {max_sessions}"
            raise ArgumentError(msg)
        self.config = config if isinstance(config, AgentsConfig) else load_config(config)
        self._sessions = Sessions(max_sessions)

    @classmethod
    def from_yaml(cls, path: str | Path = DEFAULT_PATH, **options: Any) -> Self:
        """Return a factory over a configuration file."""
        return cls(load_config(path), **options)

    @classmethod
    def instance(cls) -> AgentFactory:
        """Return the factory of the whole process, over ``config/open_agents.yaml``."""
        with AgentFactory._instance_lock:
            if AgentFactory._instance is None:
                AgentFactory._instance = AgentFactory()
            return AgentFactory._instance

    # --- agents --------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """Names of the agents and orchestrators that are enabled."""
        every = {**self.config.agents, **self.config.orchestrators}
        return [name for name, one in every.items() if one.enabled]

    async def get_agent(
        self,
        name: str,
        instructions: str | None = None,
        use_config_defaults: bool = True,  # noqa: FBT001, FBT002  # as documented
    ) -> Any:
        """Return an agent, made anew.

        Args:
            name: Its name in the configuration.
            instructions: What it is told; None: the configuration's instructions.
            use_config_defaults: Whether the configuration's instructions count at all.

        Raises:
            ConfigError: There is no such agent, or it cannot be made; the message says which and
                why.
        """
        config = self._named(name)
        told = self._instructions(config, instructions, use_config_defaults)
        if isinstance(config, OrchestratorConfig):
            return await self._orchestrator(name, config, told)
        return await build(name, self._with_model(config), told)

    async def get_agent_with_session(
        self,
        name: str,
        instructions: str | None = None,
        use_config_defaults: bool = True,  # noqa: FBT001, FBT002
        session_id: str | None = None,
    ) -> tuple[Any, Any]:
        """Return an agent and the session that keeps its conversation.

        Args:
            name: The agent's name in the configuration.
            instructions: What it is told; None: the configuration's instructions.
            use_config_defaults: Whether the configuration's instructions count at all.
            session_id: Which conversation; None: the configuration's, or else a new one, whose id
                ``session.session_id`` tells.

        Returns:
            Agent and session; the session is None when the configuration keeps nothing.

        Raises:
            ConfigError: There is no such agent, or it cannot be made.
            ArgumentError: The session id cannot be kept.
        """
        agent = await self.get_agent(name, instructions, use_config_defaults)
        told = self._instructions(self._named(name), instructions, use_config_defaults)
        session = await asyncio.to_thread(self._session, name, agent, told, session_id)
        return agent, session

    def get_session(self, agent_name: str, session_id: str | None = None) -> Any:
        """Return the session of an agent, made when there is none; see ``get_agent_with_session``.

        Raises:
            ConfigError: There is no such agent, or it cannot be made.
        """
        return finished(self.get_agent_with_session(agent_name, session_id=session_id))[1]

    async def get_orchestrator(
        self, name: str, instructions: str | None = None, session_id: str | None = None
    ) -> tuple[Any, Any]:
        """Return an orchestrator and its session, which is always kept in a file.

        It is kept although a specialist is configured to keep nothing: the conversation goes
        through all of them, and on after a restart. Pass the session id with every message of one
        conversation.

        Raises:
            ConfigError: There is no such orchestrator.
        """
        if name not in self.config.orchestrators:
            known = ", ".join(self.config.orchestrators) or "none"
            msg = f"no orchestrator {name!r} in the configuration; there are: {known}"
            raise ConfigError(msg)
        return await self.get_agent_with_session(name, instructions, session_id=session_id)

    async def ask(self, name: str, message: str, session_id: str | None = None) -> Reply:
        """Return what an agent answers to a message, with the id of the conversation.

        A message that another process got ahead of, in the same conversation, is asked again.

        Raises:
            ConfigError: There is no such agent, it cannot be made, or it does not take one text.
            SessionConflictError: Other processes were first every time; nothing was kept.
        """
        agent, session = await self.get_agent_with_session(name, session_id=session_id)
        return await asked(agent, session, message)

    async def stream(
        self, name: str, message: str, session_id: str | None = None
    ) -> AsyncIterator[str | Reply]:
        """Yield an agent's answer in pieces, then the whole :class:`Reply`; see :meth:`ask`."""
        agent, session = await self.get_agent_with_session(name, session_id=session_id)
        async for item in streamed(agent, session, message):
            yield item

    def clear_session_cache(self) -> None:
        """Let go of all sessions. What is kept in a store is opened again when it is asked for."""
        self._sessions.clear()

    # --- how -----------------------------------------------------------------------------------

    def memory_of(self, name: str) -> SessionMemoryConfig:
        """Return how the conversations of an agent or orchestrator are kept.

        Raises:
            ConfigError: There is no such agent.
        """
        config = self._named(name)
        memory = config.session_memory or self.config.defaults.session_memory
        if not isinstance(config, OrchestratorConfig):
            return memory
        if memory.store_url:
            return memory
        path = f"{SESSIONS_FOLDER}/{name}.db"
        return SessionMemoryConfig(session_id=memory.session_id, database_path=path)

    def _named(self, name: str) -> AgentConfig | OrchestratorConfig:
        every = {**self.config.agents, **self.config.orchestrators}
        config = every.get(name)
        if config is None or not config.enabled:
            problem = "no agent" if config is None else "not enabled: agent"
            msg = f"{problem} {name!r} in the configuration; there are: {', '.join(self.names)}"
            raise ConfigError(msg)
        return config

    def _instructions(
        self,
        config: AgentConfig | OrchestratorConfig,
        instructions: str | None,
        use_config_defaults: bool,  # noqa: FBT001
    ) -> str | None:
        if instructions is not None or not use_config_defaults:
            return instructions
        return config.default_instructions

    def _with_model(self, config: AgentConfig) -> AgentConfig:
        model = config.model or self.config.defaults.model
        return config if model is config.model else config.model_copy(update={"model": model})

    async def _orchestrator(
        self, name: str, config: OrchestratorConfig, instructions: str | None
    ) -> Any:
        specialists = {one: await self.get_agent(one) for one in config.agents}
        described = {
            one: self.config.agents[one].default_instructions
            or self.config.agents[one].display_name
            or one
            for one in config.agents
        }
        model = config.model or self.config.defaults.model
        return orchestrator_of(name, specialists, described, instructions, model)

    def _session(
        self, name: str, agent: Any, instructions: str | None, session_id: str | None
    ) -> Any:
        memory = self.memory_of(name)
        if not memory.keeps:
            return None
        chosen = session_id if session_id is not None else memory.session_id
        chosen = minted_id(name) if chosen is None else checked_id(chosen)
        url = memory.store_url
        if is_sdk_agent(agent):
            key = SessionKey(None, None, url, chosen)
            return self._sessions.get(key, lambda store: _agents_session(chosen, store, agent))
        key = SessionKey(name, instructions, url, chosen)
        return self._sessions.get(
            key, lambda store: sessionify(agent, store=store, copy_mode="none").open(chosen)
        )

    def describe(self) -> dict[str, str]:
        """Return what would be built, in words, by name, having imported every function.

        Raises:
            ConfigError: A module or function is not there.
        """
        built: dict[str, str] = {}
        for name in self.names:
            config = self._named(name)
            memory = self.memory_of(name)
            kept = (memory.store_url or "in this process") if memory.keeps else "not kept"
            if isinstance(config, OrchestratorConfig):
                made = f"routes to {', '.join(config.agents)}"
            else:
                function = agent_function(name, config)
                made = f"{config.module}.{config.function}{inspect.signature(function)}"
            whose = f", session {memory.session_id!r}" if memory.session_id else ""
            built[name] = f"{made}; conversations: {kept}{whose}"
        return built


def _agents_session(session_id: str, store: SessionStore, agent: Any) -> Any:
    # The SDK is there, or the agent would not be; the core never imports it.
    from ..integrations.openai_agents import AgentsSession

    return AgentsSession(session_id, store, agent=agent)
