"""What a saved page holds, a part of the protocol: the page's own kernel answers from it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict

from .shapes import MessageView, Summary, TurnDetail
from .views import TreeView

# --- a saved page --------------------------------------------------------------------------------


class SavedCall(TypedDict):
    """Where the messages that a turn or call saw and sent stand: numbers of lists."""

    seen: int
    now: int
    prompts: list[int]


class SavedValues(TypedDict):
    """Numbers of those values that are no plain texts, by the field's name.

    Two values at one depth are equal when their numbers are, whatever their texts say.
    """

    inputs: dict[str, int]
    outputs: dict[str, int]


class SavedTurn(TypedDict):
    """One turn, as some of the branches have it."""

    detail: TurnDetail
    """With its texts whole, without diffs, and without how calls are edited."""
    flags: list[str]
    excluded: bool
    own: SavedCall
    calls: dict[str, SavedCall]
    """By the call's id."""
    values: NotRequired[SavedValues]


class SavedSights(TypedDict):
    """So many consecutive calls of a node that its next call may see, or not."""

    sight: Literal["open", "ended", "none"]
    calls: int


class SavedNode(TypedDict):
    """Where a nested node stands on a branch."""

    path: str
    in_sight: int
    memory: str | None
    sights: list[SavedSights]
    """All its calls on the branch, oldest first."""


class SavedBranch(TypedDict):
    key: str
    first: int
    """Position of the oldest turn that is kept."""
    turns: int
    """The list of its turns, by number, oldest first."""
    python: str
    """Opens its list of turns from the session."""
    memory: str | None
    nodes: list[SavedNode]


class SavedPolicy(TypedDict):
    """What a node of the program remembers, in words."""

    path: str
    policy: str


class SavedPage(TypedDict):
    """A whole conversation. Its longer texts stand once, in ``texts``; elsewhere by number."""

    summary: Summary
    tree: TreeView
    """Without its turns."""
    policies: list[SavedPolicy]
    branches: list[SavedBranch]
    turns: list[SavedTurn]
    messages: list[MessageView]
    lists: list[list[int]]
    """Numbers: of the list that this one goes on from or -1, how many of that, then the rest."""
    texts: list[str]
