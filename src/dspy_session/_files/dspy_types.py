"""DSPy's own value types, made known to the files."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

import dspy
import pydantic
from dspy.primitives.prediction import Completions

from .._calls.history import SnapshotHistory
from ..errors import NotFoundError
from .known_types import register_type

_NAMES = ("History", "Image", "Audio", "File", "Code", "Reasoning", "ToolCalls")
"""In ``dspy`` itself; which of them are there depends on its version."""

_ELSEWHERE = (
    ("dspy.adapters.types.citation", "Citations"),
    ("dspy.adapters.types.document", "Document"),
    ("dspy.adapters.types.tool", "ToolCallResults"),
)


def register_dspy_types() -> None:
    """Let files hold DSPy's own types, such as Image, History, Prediction and ToolCalls."""
    found = [getattr(dspy, name, None) for name in _NAMES]
    for module, name in _ELSEWHERE:
        with contextlib.suppress(ImportError):  # an older DSPy does not have it
            found.append(getattr(importlib.import_module(module), name, None))
    for cls in found:
        if isinstance(cls, type) and issubclass(cls, pydantic.BaseModel):
            _register_with_inner(cls)
    register_type(dspy.Example, encode=_from_example, decode=_to_example)
    register_type(dspy.Prediction, encode=_from_prediction, decode=_to_prediction)
    register_type(dspy.Tool, encode=_from_tool, decode=_to_tool)
    register_type(SnapshotHistory, encode=_messages, decode=_plain_history)


def _register_with_inner(cls: type[Any]) -> None:
    register_type(cls)
    for inner in vars(cls).values():
        if isinstance(inner, type) and issubclass(inner, pydantic.BaseModel):
            register_type(inner)


def _messages(history: dspy.History) -> list[Any]:
    return history.messages


def _plain_history(messages: list[Any]) -> dspy.History:
    """A snapshot's origin lives in its process only; its messages are what counts."""
    return dspy.History.model_construct(messages=messages)


def _from_example(example: Any) -> dict[str, Any]:
    return {
        "fields": dict(example._store),
        "inputs": None if example._input_keys is None else sorted(example._input_keys),
        "demos": list(example._demos),
    }


def _to_example(saved: dict[str, Any]) -> dspy.Example:
    example = dspy.Example(dict(saved["fields"]))
    example._input_keys = None if saved["inputs"] is None else set(saved["inputs"])
    example._demos = list(saved["demos"])
    return example


def _from_prediction(prediction: Any) -> dict[str, Any]:
    completions = prediction._completions
    return {
        "fields": dict(prediction._store),
        "completions": None if completions is None else dict(completions._completions),
        "usage": prediction._lm_usage,
    }


def _to_prediction(saved: dict[str, Any]) -> dspy.Prediction:
    prediction: Any = dspy.Prediction(dict(saved["fields"]))
    if saved["completions"] is not None:
        prediction._completions = Completions(dict(saved["completions"]))
    prediction._lm_usage = saved["usage"]
    return prediction


_TOLD = ("name", "desc", "args", "arg_desc", "has_kwargs")
"""What a model is told of a tool."""


class _Elsewhere:
    """In the place of a tool's function, which no file holds."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, **_arguments: Any) -> Any:
        msg = (
            f"the function of the tool {self.name!r} is not in the file it was read from; "
            f"hand the program its tools again"
        )
        raise NotFoundError(msg)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Elsewhere) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def _from_tool(tool: Any) -> dict[str, Any]:
    return {name: getattr(tool, name) for name in _TOLD}


def _to_tool(saved: dict[str, Any]) -> dspy.Tool:
    told = {name: saved[name] for name in _TOLD if name != "has_kwargs"}
    tool = dspy.Tool(_Elsewhere(saved["name"]), **told, arg_types={})
    # What is not said is read from the function.
    tool.desc, tool.has_kwargs = saved["desc"], bool(saved["has_kwargs"])
    return tool


register_dspy_types()
