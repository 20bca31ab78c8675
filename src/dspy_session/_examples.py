"""Turns as training data: examples, preference pairs, merged sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import dspy

from ._calls.history import snapshot
from ._tree.branch import Branch
from ._tree.values import Fields, thawed

HistoryVersion = Literal["as_seen", "as_edited"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which turns become examples, and how."""

    min_score: float | None = None
    score_name: str | None = None
    """The score to compare; None: the one given last."""
    strict_trajectory: bool = False
    require_outputs: bool = True
    include_history: bool = True
    history: HistoryVersion = "as_seen"


def kept_positions(branch: Branch, selection: Selection) -> Iterator[int]:
    """Yield the positions of the turns to keep.

    A strict trajectory ends at the first turn that is not good enough: later turns may build on it.
    """
    for position in range(branch.log.first, len(branch.log)):
        record = branch.log[position]
        mark = branch.mark(record)
        if mark.excluded:
            continue
        good = not selection.require_outputs or bool(branch.outputs(record))
        if selection.min_score is not None:
            score = mark.score
            if selection.score_name is not None:
                score = mark.scores.get(selection.score_name)
            good = good and score is not None and score.value >= selection.min_score
        if good:
            yield position
        elif selection.strict_trajectory:
            return


def example_at(
    branch: Branch, position: int, history_field: str, selection: Selection
) -> dspy.Example:
    """Return one turn as an example with its inputs marked; outputs as edited."""
    record = branch.log[position]
    inputs: dict[str, Any] = thawed(record.inputs)
    if selection.include_history:
        seen = selection.history == "as_seen"
        read = branch.messages_seen if seen else branch.messages_now
        messages = [thawed(message) for message in read(record, position)]
        inputs[history_field] = snapshot(messages, branch.nodes_seen(record))
    labels = thawed(branch.outputs(record))
    return dspy.Example({**labels, **inputs}).with_inputs(*inputs)


def merged(parts: Iterable[tuple[Branch, str, Selection]]) -> list[dspy.Example]:
    """Return the examples of several branches; turns that branches share come once.

    A turn comes again where it was edited otherwise, or, with the history ``as_edited``, where the
    turns before it were.
    """
    seen: dict[str, list[list[Fields]]] = {}
    examples: list[dspy.Example] = []
    for branch, history_field, selection in parts:
        for position in kept_positions(branch, selection):
            shown = _edits_shown(branch, position, selection)
            versions = seen.setdefault(branch.log[position].id, [])
            if not any(_equal(shown, version) for version in versions):
                versions.append(shown)
                examples.append(example_at(branch, position, history_field, selection))
    return examples


def _edits_shown(branch: Branch, position: int, selection: Selection) -> list[Fields]:
    """Return the edits that an example shows: of the turn itself, and of its history as edited."""
    record = branch.log[position]
    records = [record]
    if selection.include_history and selection.history == "as_edited":
        log = branch.log.reaching_back_to(record.window.start)
        records = [*log.between(record.window.start, record.window.stop), record]
    return [branch.edits.get(one.id) or {} for one in records]


def _equal(left: list[Fields], right: list[Fields]) -> bool:
    if all(one is other for one, other in zip(left, right, strict=True)):
        return True
    try:
        return bool(left == right)
    except (TypeError, ValueError):  # e.g. arrays, which compare elementwise
        return False
