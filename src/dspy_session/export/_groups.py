"""Scored siblings as groups for GRPO: one prompt, several answers, a reward for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._tree.amendments import Score
from .._tree.branch import Branch
from .._tree.parting import parting
from .._tree.record import Record
from ._chat import exchange_at


def grpo_groups(
    branch: Branch, branches: Iterable[Branch], indices: Sequence[int], metric: str | None = None
) -> list[dict[str, Any]]:
    """Return one group for each turn that has siblings, in the shape of DSPy's ``GRPOGroup``.

    Siblings are the turns at the same place of the tree: on branches that agree in all turns
    before it. Those count that were asked with the very same prompt and have a score; a group has
    at least two.

    Args:
        branch: The branch whose turns they are siblings of.
        branches: All branches of the conversation.
        indices: Positions of the turns.
        metric: Name of the score that is the reward; None: for each turn, the one given last.

    Returns:
        Dicts with ``batch_id`` (None) and ``group``: dicts with ``messages`` (the prompt as sent),
        ``completion`` (an assistant message, as recorded) and ``reward``.
    """
    others = [(other, parting(branch, other)) for other in branches if other.key != branch.key]
    groups: list[dict[str, Any]] = []
    for index in indices:
        name = metric or branch.mark(branch.record(index)).latest
        beside = [branch, *(other for other, place in others if place >= index)]
        group = [] if name is None else _group(index, beside, name)
        if len(group) > 1:
            groups.append({"batch_id": None, "group": group})
    return groups


def _group(index: int, branches: Iterable[Branch], metric: str) -> list[dict[str, Any]]:
    """Return the scored answers to the first branch's prompt; each recorded turn once."""
    found: dict[str, dict[str, Any]] = {}
    prompt: list[dict[str, Any]] | None = None
    for branch in branches:
        record = branch.log[index] if branch.log.first <= index < len(branch.log) else None
        score = None if record is None else _score(branch, record, metric)
        if record is None or (score is None and prompt is not None) or record.id in found:
            continue
        exchange = exchange_at(branch, index)
        prompt = exchange.prompt if prompt is None else prompt
        if score is not None and exchange.prompt == prompt:
            completion = {"role": "assistant", "content": exchange.recorded}
            found[record.id] = {
                "messages": prompt,
                "completion": completion,
                "reward": score.value,
            }
    return list(found.values())


def _score(branch: Branch, record: Record, metric: str) -> Score | None:
    mark = branch.mark(record)
    return None if mark.excluded else mark.scores.get(metric)
