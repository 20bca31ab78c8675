"""Multi-turn DSPy programs: conversations you can see, branch, correct, score and train from."""

from . import errors
from ._calls.frame import carry_frame
from ._calls.projections import (
    get_child_l1_ledger,
    get_current_history,
    get_execution_trace,
    get_node_memory,
    get_outer_history,
)
from ._files.known_types import register_type
from ._session import Session
from ._state import SessionState
from ._turns import Turn
from ._wrap import sessionify, with_memory
from .compare import Comparison
from .manager import SessionManager, StoredSession

__all__ = [
    "Comparison",
    "Session",
    "SessionManager",
    "SessionState",
    "StoredSession",
    "Turn",
    "carry_frame",
    "errors",
    "get_child_l1_ledger",
    "get_current_history",
    "get_execution_trace",
    "get_node_memory",
    "get_outer_history",
    "register_type",
    "sessionify",
    "with_memory",
]
