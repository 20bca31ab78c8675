"""Turns as training data: examples, preference pairs, merged sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import dspy

from ._calls.history import snapshot
from ._late_history import with_late_history
from ._tree.amendments import Mark, Score
from ._tree.branch import Branch
from ._tree.record import ROOT, Record
from ._tree.values import Fields, thawed

HistoryVersion = Literal["as_seen", "as_edited"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which turns become examples, and how."""

    node: str = ROOT
    """Path of the node whose calls they are; ``self``: the turns themselves."""
    min_score: float | None = None
    score_name: str | None = None
    """The score to compare; None: the one given last."""
    strict_trajectory: bool = False
    require_outputs: bool = True
    include_history: bool = True
    history: HistoryVersion = "as_seen"


def kept_calls(branch: Branch, selection: Selection) -> Iterator[tuple[int, Record]]:
    """Yield the calls to keep, each with the position of the turn that it is, or is part of.

    A nested call that has no score of its own is as good as its turn. A strict trajectory ends at
    the first call that is not good enough: later ones may build on it.
    """
    for position in range(branch.log.first, len(branch.log)):
        turn = branch.log[position]
        if branch.mark(turn).excluded:
            continue
        for call in calls_at(branch, position, selection.node):
            mark = branch.mark(call)
            score = _score(mark, selection) or _score(branch.mark(turn), selection)
            good = not selection.require_outputs or bool(branch.outputs(call))
            if selection.min_score is not None:
                good = good and score is not None and score.value >= selection.min_score
            if good:
                yield position, call
            elif selection.strict_trajectory:
                return


def kept_positions(branch: Branch, selection: Selection) -> Iterator[int]:
    """Yield the positions of the turns to keep."""
    return (position for position, _ in kept_calls(branch, selection))


def calls_at(branch: Branch, position: int, node: str) -> Iterator[Record]:
    """Yield the calls that a node made in a turn, without those that are excluded."""
    turn = branch.log[position]
    for call in [turn] if node == ROOT else _calls_of(turn, node):
        if call is turn or not branch.mark(call).excluded:
            yield call


def _score(mark: Mark, selection: Selection) -> Score | None:
    return mark.score if selection.score_name is None else mark.scores.get(selection.score_name)


def _calls_of(record: Record, node: str) -> Iterator[Record]:
    """Yield a node's calls within a call, at any depth, in the order in which they ended."""
    for call in record.calls:
        yield from _calls_of(call, node)
        if call.node == node:
            yield call


def nodes_called(branch: Branch) -> list[str]:
    """Return the paths of all nested nodes that were called in the turns of a branch."""

    def within(record: Record) -> Iterator[str]:
        for call in record.calls:
            yield call.node
            yield from within(call)

    return list(dict.fromkeys(node for turn in branch.log for node in within(turn)))


def example_at(
    branch: Branch,
    position: int,
    history_field: str,
    selection: Selection,
    record: Record | None = None,
) -> dspy.Example:
    """Return one turn, or a call nested in it, as an example with its inputs marked.

    Outputs are as edited; the history is the call's own.
    """
    call = branch.log[position] if record is None else record
    inputs: dict[str, Any] = thawed(call.inputs)
    labels = thawed(branch.outputs(call))
    example = dspy.Example({**labels, **inputs})
    if not selection.include_history:
        return example.with_inputs(*inputs)

    def history() -> dspy.History:
        seen = selection.history == "as_seen"
        read = branch.messages_seen if seen else branch.messages_now
        messages = [thawed(message) for message in read(call, position)]
        return snapshot(messages, branch.nodes_seen(call))

    return with_late_history(example.with_inputs(*inputs, history_field), history_field, history)


def of_branch(branch: Branch, history_field: str, selection: Selection) -> list[dspy.Example]:
    """Return the examples of one branch."""
    return [
        example_at(branch, position, history_field, selection, record)
        for position, record in kept_calls(branch, selection)
    ]


def merged(parts: Iterable[tuple[Branch, str, Selection]]) -> list[dspy.Example]:
    """Return the examples of several branches; turns that branches share come once.

    A turn comes again where it was edited otherwise, or, with the history ``as_edited``, where the
    turns before it were.
    """
    seen: dict[str, list[list[Fields]]] = {}
    examples: list[dspy.Example] = []
    for branch, history_field, selection in parts:
        for position, record in kept_calls(branch, selection):
            shown = _edits_shown(branch, position, record, selection)
            versions = seen.setdefault(record.id, [])
            if not any(_equal(shown, version) for version in versions):
                versions.append(shown)
                example = example_at(branch, position, history_field, selection, record)
                examples.append(example)
    return examples


def _edits_shown(
    branch: Branch, position: int, record: Record, selection: Selection
) -> list[Fields]:
    """Return the edits that an example shows: of the call itself, and of its history as edited."""
    records = [record]
    if selection.include_history and selection.history == "as_edited":
        log = branch.node_log(record, position).reaching_back_to(record.window.start)
        records = [*log.between(record.window.start, record.window.stop), record]
    return [branch.edits.get(one.id) or {} for one in records]


def _equal(left: list[Fields], right: list[Fields]) -> bool:
    if all(one is other for one, other in zip(left, right, strict=True)):
        return True
    try:
        return bool(left == right)
    except (TypeError, ValueError):  # e.g. arrays, which compare elementwise
        return False
