"""What a saved page holds, a part of the protocol: the page's own kernel answers from it."""

from __future__ import annotations

from typing_extensions import TypedDict

from ._shapes import MessageView, Summary, TurnDetail
from ._view_shapes import TreeView

# --- a saved page --------------------------------------------------------------------------------


class SavedCall(TypedDict):
    """Where the messages that a turn or call saw and sent stand: numbers of lists."""

    seen: int
    now: int
    prompts: list[int]


class SavedTurn(TypedDict):
    """One turn, as some of the branches have it."""

    detail: TurnDetail
    """With its texts whole."""
    flags: list[str]
    excluded: bool
    own: SavedCall
    calls: dict[str, SavedCall]
    """By the call's id."""


class SavedPage(TypedDict):
    """A whole conversation. Its longer texts stand once, in ``texts``; elsewhere by number."""

    summary: Summary
    tree: TreeView
    branches: dict[str, int]
    """Key of a branch to the list of its turns, by number, oldest first."""
    turns: list[SavedTurn]
    messages: list[MessageView]
    lists: list[list[int]]
    """Numbers: of the list that this one goes on from or -1, how many of that, then the rest."""
    texts: list[str]
