"""The commands of ``python -m dspy_session``."""

from ._main import main

__all__ = ["main"]
