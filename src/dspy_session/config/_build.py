"""Agents made by the functions that a configuration names."""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import dspy

from ..errors import ConfigError
from ._schema import AgentConfig, ModelConfig


async def build(name: str, config: AgentConfig, instructions: str | None) -> Any:
    """Return the agent that a configuration describes.

    The function gets those of ``name``, ``display_name``, ``instructions``, ``model_config``,
    ``model``, ``temperature`` and ``max_tokens`` that it names as parameters. Instructions and a
    model that it does not take are put into what it returns.

    Args:
        name: The agent's name in the configuration.
        config: Its part of the configuration.
        instructions: What it is told; None: whatever the function tells it.

    Raises:
        ConfigError: The module or function is not there or raised, or returned no agent.
    """
    function = agent_function(name, config)
    taken = _taken(function, _arguments(name, config, instructions))
    where = f"agent {name!r}: {config.module}.{config.function}"
    try:
        made = function(**taken)
        if inspect.isawaitable(made):
            made = await _awaited(made)
    except Exception as error:
        msg = f"{where} raised {type(error).__name__}: {error}"
        raise ConfigError(msg) from error
    if not is_agent(made):
        msg = (
            f"{where} returned {type(made).__name__}; an agent is a dspy.Module or an agent of the "
            f"Agents SDK"
        )
        raise ConfigError(msg)
    if instructions is not None and "instructions" not in taken:
        _instruct(made, instructions, where)
    if config.model is not None and not taken.keys() & {"model", "model_config"}:
        _use_model(made, config.model)
    return made


def agent_function(name: str, config: AgentConfig) -> Callable[..., Any]:
    """Return the function that makes an agent, imported now.

    Raises:
        ConfigError: The module cannot be imported, or has no such function.
    """
    try:
        module = importlib.import_module(config.module)
    except Exception as error:
        msg = (
            f"agent {name!r}: the module {config.module!r} cannot be imported "
            f"({type(error).__name__}: {error}); is it installed, or its folder on the path?"
        )
        raise ConfigError(msg) from error
    found: Any = module
    for part in config.function.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        near = difflib.get_close_matches(config.function, known, 1) or sorted(known)
        msg = f"agent {name!r}: {config.module!r} has no function {config.function!r}; "
        msg += f"there is {', '.join(near)}" if near else "it has none at all"
        raise ConfigError(msg)
    return found


def is_agent(value: object) -> bool:
    """Whether a value is a DSPy program or an agent of the Agents SDK."""
    return isinstance(value, dspy.Module) or is_sdk_agent(value)


def is_sdk_agent(value: object) -> bool:
    """Whether a value is an agent of the Agents SDK, which is not imported to find out."""
    sdk = sys.modules.get("agents")
    base = getattr(sdk, "Agent", None)
    return isinstance(base, type) and isinstance(value, base)


def _arguments(name: str, config: AgentConfig, instructions: str | None) -> dict[str, Any]:
    model = config.model
    given = {
        "name": name,
        "display_name": config.display_name or name,
        "instructions": instructions,
        "model_config": model,
        "model": None if model is None else model.name,
        "temperature": None if model is None else model.temperature,
        "max_tokens": None if model is None else model.max_tokens,
    }
    return {name: value for name, value in given.items() if value is not None}


def _taken(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    # What a class of DSPy's says of itself is what its metaclass takes: anything.
    called: Any = function.__init__ if inspect.isclass(function) else function
    parameters = inspect.signature(called).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return arguments
    named = {name for name, one in parameters.items() if one.kind is not one.POSITIONAL_ONLY}
    return {name: value for name, value in arguments.items() if name in named}


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _instruct(made: Any, instructions: str, where: str) -> None:
    if not isinstance(made, dspy.Module):
        made.instructions = instructions
        return
    predictors = made.predictors()
    if len(predictors) != 1:
        msg = (
            f"{where} takes no parameter 'instructions', and its program has {len(predictors)} "
            f"predictors; give the function that parameter, or leave the instructions out"
        )
        raise ConfigError(msg)
    predictor: Any = predictors[0]
    predictor.signature = predictor.signature.with_instructions(instructions.strip())


def _use_model(made: Any, model: ModelConfig) -> None:
    if isinstance(made, dspy.Module):
        made.set_lm(dspy.LM(model.name, **model.arguments()))
        return
    made.model = model.name
    for name, value in model.arguments().items():
        setattr(made.model_settings, name, value)
