"""The summary: everything the page shows beside the rows below its first screen."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .._tree.amendments import Mark
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.record import ROOT, record_key
from .._tree.running import RunningCall, Writing
from ._fields import ProgramFields, field_specs
from ._protocol import PREVIEW_CHARS, PROTOCOL_VERSION
from ._recorded import FieldFacts
from ._rows import positions_of, previews, row_window
from ._shapes import BranchView, Job, RunningTurn, Summary
from ._text import safe

_MARKS = re.compile(r"\[\[ ## (\w+) ## \]\]\s*")
_LAST_MARK = re.compile(r"\s*(?:\[\[ ## completed ## \]\]\s*|\[|\[\[[ #\w]*\]?)\Z")
"""One that has not come whole, or that says only that this is all."""

HEAD_ROWS = 50
"""Rows that come with the summary: what a saved notebook shows, and one page of the table."""


class MarkFacts:
    """What a branch adds up to: mean score, names of scores, labels; and the fields of its turns.

    A branch of 100,000 scored turns takes a moment to add up, so each sum is kept for as long as
    the branch has the same turns and marks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Branch, tuple[float | None, list[str], list[str]]]] = {}
        self.fields = FieldFacts()

    def of(self, branch: Branch) -> tuple[float | None, list[str], list[str]]:
        """Return mean score, names of scores, and labels of a branch's turns."""
        with self._lock:
            known = self._known.get(branch.key)
        if known and known[0].marks is branch.marks and known[0].log is branch.log:
            return known[1]
        facts = mark_facts(branch)
        with self._lock:
            self._known[branch.key] = branch, facts
        return facts

    def forget_all_but(self, branches: Iterable[Branch]) -> None:
        """Let go of branches that are no more."""
        there = {branch.key for branch in branches}
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if key in there}


def mark_facts(branch: Branch) -> tuple[float | None, list[str], list[str]]:
    """Return mean score, names of scores, and labels of the turns of a branch."""
    scores: list[float] = []
    names: set[str] = set()
    labels: set[str] = set()
    for mark in _turn_marks(branch):
        if mark.score is not None:
            scores.append(mark.score.value)
            names.update(mark.scores)
        if mark.label:
            labels.add(mark.label)
    # fsum is exact in any order, and the order of the marks differs from process to process.
    mean = math.fsum(scores) / len(scores) if scores else None
    return mean, sorted(names), sorted(labels)


def _turn_marks(branch: Branch) -> Iterator[Mark]:
    """The marks of a branch's turns; those of nested calls and of undone turns lie beside them."""
    turns = branch.log.between(branch.log.first, len(branch.log))
    if len(branch.marks) * 4 < len(turns):
        for record_id, mark in branch.marks.items():
            if branch.log.position_of(record_id, record_key) is not None:
                yield mark
        return
    found = (branch.marks.get(record.id) for record in turns)
    yield from (mark for mark in found if mark is not None)


def summarise(
    conversation: Conversation,
    program: tuple[str, ProgramFields, Sequence[str]],
    shown: str,
    facts: MarkFacts,
    extras: tuple[Sequence[str], Sequence[Job], Sequence[str]],
) -> Summary:
    """Return the summary of a conversation.

    Args:
        conversation: The conversation.
        program: The program's name, fields, and paths of its nodes.
        shown: Key of the branch to show; must be there.
        facts: What is known of the branches' marks.
        extras: Names of the metrics that can be run, the jobs at work, and the fields to show as
            Markdown.
    """
    # The revision is read first: rows may then be newer than it says, never older.
    revision = conversation.revision
    branches = conversation.branches
    facts.forget_all_but(branches)
    branch = next((one for one in branches if one.key == shown), branches[0])
    sums = [facts.of(one) for one in branches]
    views = [_branch_view(one, mean) for one, (mean, _, _) in zip(branches, sums, strict=True)]
    title, fields, nodes = program
    metrics, jobs, markdown = extras
    recorded = facts.fields.of(branches)
    return Summary(
        protocol=PROTOCOL_VERSION,
        revision=revision,
        title=safe(title),
        branch=branch.key,
        branches=views,
        inputs=field_specs(fields.inputs, recorded.inputs),
        outputs=field_specs(fields.outputs, recorded.outputs),
        metrics=[safe(name) for name in metrics],
        scored_by=sorted({safe(name) for _, names, _ in sums for name in names}),
        labels=sorted({safe(label) for _, _, labels in sums for label in labels}),
        markdown=[safe(name) for name in markdown],
        nodes=[safe(path) for path in nodes],
        can_edit=True,
        can_call=True,
        undo=_safe(conversation.undo_label),
        redo=_safe(conversation.redo_label),
        jobs=list(jobs),
        running=running_turns(conversation.running),
        head=row_window(branch, branches, positions_of(branch), revision, range(HEAD_ROWS)),
    )


def running_turns(calls: Iterable[RunningCall]) -> list[RunningTurn]:
    """Return the calls being made, as the page shows them."""
    return [_running_turn(call, call.newest) for call in calls]


def _running_turn(call: RunningCall, writing: Writing | None) -> RunningTurn:
    return RunningTurn(
        branch=call.branch,
        index=call.index,
        inputs=previews(call.inputs),
        node="" if writing is None or writing.node == ROOT else safe(writing.node),
        written="" if writing is None else _legible_end(writing),
        started_at=call.started_at.isoformat(),
    )


def _legible_end(writing: Writing) -> str:
    """The end of a text, with the names of its fields in place of an adapter's marks."""
    found: list[str] = []
    length = 0
    for piece in reversed(list(writing.pieces)):
        found.append(piece)
        length += len(piece)
        if length > 2 * PREVIEW_CHARS:
            break
    text = _LAST_MARK.sub("", "".join(reversed(found)))
    return safe(_MARKS.sub(r"\1: ", text).rstrip()[-PREVIEW_CHARS:])


def _branch_view(branch: Branch, mean: float | None) -> BranchView:
    return BranchView(
        key=branch.key,
        name=safe(branch.name),
        turns=len(positions_of(branch)),
        parent=branch.parent,
        forked_at=branch.forked_at,
        mean_score=mean,
        starred=branch.starred,
    )


def _safe(text: Any) -> str | None:
    return None if text is None else safe(str(text))
