"""Agents and where their conversations are kept, from a YAML file."""

from ._load import config_from, load_config
from ._schema import AgentConfig, AgentsConfig, ModelConfig, OrchestratorConfig, SessionMemoryConfig

__all__ = [
    "AgentConfig",
    "AgentsConfig",
    "ModelConfig",
    "OrchestratorConfig",
    "SessionMemoryConfig",
    "config_from",
    "load_config",
]
