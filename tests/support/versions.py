"""What older versions of DSPy say otherwise, or not at all; the tests that lean on it ask here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import dspy
import litellm

LM_ERROR: type[Exception] = getattr(dspy, "LMError", litellm.exceptions.BadRequestError)
"""What a refused request raises: before 3.3, LiteLLM's own error."""

REQUESTS_REFUSED = 1 if hasattr(dspy, "LMError") else 3
"""The requests of one call that is refused: before 3.3, DSPy asks again in two kinds of JSON."""

FORMATS_IN_PARTS = hasattr(dspy.ChatAdapter, "format_system_message")
"""Whether an adapter's system message is a method of its own, to be reused or replaced."""


def accepted(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Return those of the arguments that this version of a function takes."""
    takes = inspect.signature(function).parameters
    return {name: value for name, value in arguments.items() if name in takes}


def load_program(path: Any) -> Any:
    """Load a program of one's own with ``dspy.load``; newer versions ask for leave."""
    return dspy.load(str(path), **accepted(dspy.load, allow_pickle=True))
