"""The history a turn saw, as the ``dspy.History`` that programs and optimizers take."""

from __future__ import annotations

from typing import Any

import dspy
from pydantic import PrivateAttr

from .._tree.record import NO_NODES, Nodes


class Origin:
    """Where a snapshot was taken: how the nested nodes stood then.

    It stays in the process: copies share it, pickles leave it out.
    """

    __slots__ = ("nodes",)

    def __init__(self, nodes: Nodes = NO_NODES) -> None:
        self.nodes = nodes

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        return self

    def __reduce__(self) -> tuple[type[Origin], tuple[()]]:
        return Origin, ()


class SnapshotHistory(dspy.History):
    """A ``dspy.History`` that remembers the turn it was taken from.

    It equals, prints and formats as the plain history with the same messages. Passed back to the
    session, nested nodes are placed where they stood at that turn.
    """

    _origin: Origin = PrivateAttr(default_factory=Origin)

    def __repr_name__(self) -> str:
        return "History"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dspy.History):
            return self.messages == other.messages
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as any model with a list in it


def snapshot(messages: list[dict[str, Any]], nodes: Nodes) -> dspy.History:
    """Return the messages as a history that knows where nested nodes stood."""
    history = SnapshotHistory.model_construct(messages=messages)
    history._origin = Origin(nodes)
    return history


def origin_nodes(history: dspy.History) -> Nodes:
    """Return where nested nodes stood when a snapshot was taken; empty for any other history."""
    return history._origin.nodes if isinstance(history, SnapshotHistory) else NO_NODES
