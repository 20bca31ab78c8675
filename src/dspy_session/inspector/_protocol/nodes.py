"""What the nodes of a program ask for and show, a part of the protocol.

The page's TypeScript types are generated from here and from the other modules of shapes.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from .shapes import Preview, Text

# --- nodes ---------------------------------------------------------------------------------------


class NodesArgs(TypedDict):
    branch: str


class NodeView(TypedDict):
    """One nested node of the program, as it stands on a branch."""

    path: str
    """DSPy's path, e.g. ``planner`` or ``steps[0]``."""
    policy: str
    """What it remembers, in words; empty when the node is no part of the program any more."""
    calls: int
    """Its calls in the turns of the branch."""
    in_sight: int
    """Calls in its ledger that its next call may see."""
    memory: Text | None
    """What a consolidator made of its episodes."""
    mean_score: float | None
    """Of its calls that have a score of their own."""


class NodesView(TypedDict):
    """Every nested node, and the program's own memory."""

    revision: int
    memory: Text | None
    nodes: list[NodeView]


class LedgerArgs(TypedDict):
    branch: str
    node: str
    start: int
    stop: int


class LedgerCall(TypedDict):
    """One call of a node, and the turn that it was made in."""

    turn_id: str
    index: int
    """Position of the turn."""
    call_id: str
    inputs: list[Preview]
    outputs: list[Preview]
    score: float | None
    edited: bool
    saw: int
    """Messages of history that the call saw."""
    sight: Literal["open", "ended", "none"]
    """Whether the node's next call may see it, it belongs to an ended episode, or it is in no
    ledger, as the node keeps none."""


class LedgerWindow(TypedDict):
    """Some consecutive calls of a node, oldest first."""

    revision: int
    total: int
    start: int
    calls: list[LedgerCall]
