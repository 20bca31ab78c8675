"""Configuration files read, each mistake named with its file, line and key."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pydantic
import yaml

from ..errors import ConfigError
from ._schema import AgentsConfig

Place = tuple["str | int", ...]
"""A key path, e.g. ``("agents", "geo", "model")``."""


def load_config(path: str | Path) -> AgentsConfig:
    """Return what a YAML file says.

    The file is read with the safe loader: it makes plain data, and runs nothing.

    Raises:
        ConfigError: The file is missing, is no YAML, or says something that has no meaning; the
            message names file, line and key of every mistake.
    """
    name = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the configuration {name!r}: {error}"
        raise ConfigError(msg) from error
    return config_from(text, name)


def config_from(text: str, source: str = "<string>") -> AgentsConfig:
    """Return what YAML text says; ``source`` names it in errors.

    Raises:
        ConfigError: As :func:`load_config`.
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = dict(_lines(tree, ())) if tree is not None else {}
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        msg = f"{source}{line}: not YAML: {error.problem or error.context}"
        raise ConfigError(msg) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        msg = f"{source}: not YAML: {error}"
        raise ConfigError(msg) from error
    repeated = [place for place in lines if place and place[-1] == _REPEATED]
    problems = [
        f"{source}:{lines[place]}: {_key(place[:-1])}: stands here twice; keep one"
        for place in repeated
    ]
    if not isinstance(data, dict):
        problems.append(f"{source}:1: a mapping with the key 'agents' was wanted")
    if problems:
        raise ConfigError("\n".join(problems))
    try:
        config = AgentsConfig.model_validate(data)
    except pydantic.ValidationError as error:
        told = [_told(one, lines, source) for one in error.errors()]
        raise ConfigError("\n".join(told)) from error
    problems = [
        f"{source}:{_line(lines, place)}: {_key(place)}: {problem}"
        for place, problem in _contradictions(config)
    ]
    if problems:
        raise ConfigError("\n".join(problems))
    return config


_REPEATED = -1
"""Stands at the end of a place whose key its mapping holds twice."""


def _lines(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    """Yield each place of a document with its line, 1 = first."""
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            inner = (*place, key.value)
            if key.value in seen:
                yield (*inner, _REPEATED), key.start_mark.line + 1
            seen.add(key.value)
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _told(error: Any, lines: dict[Place, int], source: str) -> str:
    place: Place = tuple(error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if place and place[-1] == "[key]":  # YAML reads off, no, 7 … as something else than text
        place, message = place[:-2], f"a name here is read as {error['input']!r}; put it in quotes"
    elif error["type"] == "extra_forbidden":
        names = _known_names(place[:-1])
        near = difflib.get_close_matches(str(place[-1]), names, 1)
        message = f"no such key; did you mean {near[0]!r}?" if near else "no such key; "
        message += "" if near else f"there are {', '.join(names)}"
    elif error["type"] == "missing":
        message = "is missing"
    return f"{source}:{_line(lines, place)}: {_key(place)}: {message}"


def _line(lines: dict[Place, int], place: Place) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _key(place: Sequence[str | int]) -> str:
    return ".".join(map(str, place)) or "the file"


def _known_names(place: Place) -> list[str]:
    """The keys that the schema knows at a place."""
    annotation: Any = AgentsConfig
    for step in place:
        if typing.get_origin(annotation) is dict:  # names of agents: any will do
            annotation = _model_in(annotation)
        else:
            field = annotation.model_fields.get(str(step))
            found = field.annotation if field else None
            annotation = found if typing.get_origin(found) is dict else _model_in(found)
        if annotation is None:
            return []
    return sorted(getattr(annotation, "model_fields", ()))


def _model_in(annotation: Any) -> Any:
    """The model that an annotation such as ``dict[str, Model]`` or ``Model | None`` names."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    found = (_model_in(part) for part in typing.get_args(annotation))
    return next((model for model in found if model is not None), None)


def _contradictions(config: AgentsConfig) -> Iterator[tuple[Place, str]]:
    """Yield what is well formed and makes no sense together."""
    if not config.agents:
        yield ("agents",), "names no agent"
    for name, orchestrator in config.orchestrators.items():
        if name in config.agents:
            yield ("orchestrators", name), "an agent has this name already"
        for number, agent in enumerate(orchestrator.agents):
            if agent not in config.agents:
                known = ", ".join(config.agents)
                yield (
                    ("orchestrators", name, "agents", number),
                    f"no agent {agent!r}; there are {known}",
                )
            elif not config.agents[agent].enabled:
                yield ("orchestrators", name, "agents", number), f"agent {agent!r} is not enabled"
