"""The newest items of a conversation, never a tool's result without its call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...session_memory import Item


def newest(items: Sequence[Item], limit: int | None) -> list[Item]:
    """Return the newest items that a model accepts on their own.

    At most ``limit`` items are returned. When the oldest of them would be a tool's result without
    the call, or a call without the reasoning it came from, the window begins after it.

    Args:
        items: All items, oldest first.
        limit: The most items to return; None or a negative number: all of them.
    """
    if limit is None or limit < 0 or limit >= len(items):
        return list(items)
    split = _starts_that_split(items)
    start = len(items) - limit
    while start < len(items) and (start in split or _belongs_to_the_one_before(items, start)):
        start += 1
    return list(items[start:])


def _starts_that_split(items: Sequence[Item]) -> set[int]:
    """Return the positions between a call and its result, the result's own included."""
    called: dict[Any, int] = {}
    split: set[int] = set()
    for position, item in enumerate(items):
        answered = _answered_call(item)
        if answered is None:
            for name in ("call_id", "id"):
                if isinstance(item.get(name), str):
                    called[item[name]] = position
        else:
            split.update(range(called.get(answered, -1) + 1, position + 1))
    return split


def _answered_call(item: Item) -> Any:
    """Return the id of the call that an item is the result of, or None."""
    kind = item.get("type")
    if isinstance(kind, str) and kind.endswith("_output"):
        return item.get("call_id")
    if kind == "mcp_approval_response":
        return item.get("approval_request_id")
    return None


def _belongs_to_the_one_before(items: Sequence[Item], position: int) -> bool:
    """Whether an item and the one before it came out of one answer of the model."""
    if position == 0:
        return False
    before = items[position - 1].get("type")
    if before == "reasoning":
        return True
    return _is_call(before) and _is_call(items[position].get("type"))


def _is_call(kind: Any) -> bool:
    return isinstance(kind, str) and kind.endswith("_call")
