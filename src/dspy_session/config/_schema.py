"""What a configuration file may say, and what it means where it says nothing."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from ..stores._checks import checked_id

FILE = "sqlite:///"
"""How the URL of a SQLite file begins."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def _checked_type(kind: str) -> str:
    if kind in ("sqlite", "none") or _URL.match(kind):
        return kind
    msg = f"is 'sqlite', 'none' or the URL of a store such as redis://host:6379, not {kind!r}"
    raise ValueError(msg)


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    msg = f"is a dotted Python name, not {name!r}"
    raise ValueError(msg)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SessionMemoryConfig(_Strict):
    """Where an agent's conversations are kept."""

    type: Annotated[str, AfterValidator(_checked_type)] = "sqlite"
    """``"sqlite"``, ``"none"`` (keep nothing), or the URL of any store."""
    session_id: Annotated[str, AfterValidator(checked_id)] | None = None
    """The conversation to use when a caller names none; None: a new one for each caller."""
    database_path: Annotated[str, Field(min_length=1)] | None = None
    """The SQLite file; None: kept in this process only."""
    enabled: StrictBool = True
    """Whether conversations are kept."""

    @property
    def keeps(self) -> bool:
        """Whether there is a session at all."""
        return self.enabled and self.type != "none"

    @property
    def store_url(self) -> str:
        """The URL of the store that outlives this process; empty: there is none."""
        if not self.keeps:
            return ""
        if self.type == "sqlite":
            return FILE + quote(self.database_path) if self.database_path else ""
        return self.type

    @model_validator(mode="after")
    def _one_place(self) -> SessionMemoryConfig:
        if self.database_path is not None and self.type not in ("sqlite", "none"):
            msg = f"database_path belongs to type 'sqlite'; the type is {self.type!r} already"
            raise ValueError(msg)
        return self


class ModelConfig(_Strict):
    """The language model of an agent."""

    name: Annotated[str, Field(min_length=1)]
    """As the LM client wants it, e.g. ``openai/gpt-4.1-mini``."""
    temperature: Annotated[float, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    """The most tokens of an answer."""

    def arguments(self) -> dict[str, Any]:
        """Return what was set besides the name."""
        given = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {name: value for name, value in given.items() if value is not None}


class AgentConfig(_Strict):
    """One agent: the function that makes it, and how it is set up."""

    module: Annotated[str, AfterValidator(_checked_name)]
    """The Python module that holds the function."""
    function: Annotated[str, AfterValidator(_checked_name)]
    """The function that returns the agent: a DSPy program or an agent of the Agents SDK."""
    display_name: str | None = None
    default_instructions: str | None = None
    model: ModelConfig | None = None
    session_memory: SessionMemoryConfig | None = None
    """None: the one under ``defaults``."""
    enabled: StrictBool = True


class OrchestratorConfig(_Strict):
    """A router that hands each message to the specialist who knows most about it."""

    agents: Annotated[list[str], Field(min_length=1)]
    """Names of the specialists, from ``agents``."""
    display_name: str | None = None
    default_instructions: str | None = None
    """How to choose a specialist."""
    model: ModelConfig | None = None
    """The model that chooses."""
    session_memory: SessionMemoryConfig | None = None
    enabled: StrictBool = True


class Defaults(_Strict):
    """What holds for every agent that does not say otherwise."""

    session_memory: SessionMemoryConfig = SessionMemoryConfig()
    model: ModelConfig | None = None


class AgentsConfig(_Strict):
    """A whole configuration file."""

    agents: dict[str, AgentConfig]
    orchestrators: dict[str, OrchestratorConfig] = {}
    defaults: Defaults = Defaults()

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: Any) -> Any:
        """Lay what an agent says of its memory over the defaults, key by key."""
        if not isinstance(data, dict):
            return data
        default = (data.get("defaults") or {}) if isinstance(data.get("defaults"), dict) else {}
        common = default.get("session_memory")
        if not isinstance(common, dict):
            return data
        return {
            **data,
            **{part: _merged(data.get(part), common) for part in _PARTS if part in data},
        }


_PARTS = ("agents", "orchestrators")


def _merged(named: Any, common: dict[str, Any]) -> Any:
    if not isinstance(named, dict):
        return named
    merged: dict[Any, Any] = {}
    for name, one in named.items():
        own = one.get("session_memory") if isinstance(one, dict) else None
        if isinstance(own, dict):
            merged[name] = {**one, "session_memory": {**_fitting(common, own), **own}}
        else:
            merged[name] = one
    return merged


def _fitting(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The defaults that an agent's own choice of a store leaves any meaning."""
    if own.get("type", common.get("type", "sqlite")) in ("sqlite", "none"):
        return common
    return {name: value for name, value in common.items() if name != "database_path"}
