"""Multi-turn DSPy programs: conversations you can see, branch, correct, score and train from."""

from . import errors
from ._calls.frame import carry_frame, get_current_history
from ._files.known_types import register_type
from ._session import Session
from ._state import SessionState
from ._turns import Turn
from ._wrap import sessionify, with_memory
from .compare import Comparison

__all__ = [
    "Comparison",
    "Session",
    "SessionState",
    "Turn",
    "carry_frame",
    "errors",
    "get_current_history",
    "register_type",
    "sessionify",
    "with_memory",
]
