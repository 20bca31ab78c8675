"""The summary: everything the page shows beside the rows below its first screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..._tree.branch import Branch
from ..._tree.conversation import Conversation
from ..._tree.record import ROOT
from ..._tree.running import RunningCall, Writing
from .._protocol.messages import PREVIEW_CHARS, PROTOCOL_VERSION
from .._protocol.shapes import BranchView, Job, RunningTurn, Summary
from .fields import ProgramFields, field_specs
from .mark_facts import MarkFacts
from .rows import positions_of, previews, row_window
from .text import safe

_MARKS = re.compile(r"\[\[ ## (\w+) ## \]\]\s*")
_LAST_MARK = re.compile(r"\s*(?:\[\[ ## completed ## \]\]\s*|\[|\[\[[ #\w]*\]?)\Z")
"""One that has not come whole, or that says only that this is all."""

HEAD_ROWS = 50
"""Rows that come with the summary: what a saved notebook shows, and one page of the table."""


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
    branch = next((one for one in branches if one.key == shown), branches[0])
    sums = facts.of_all(branches)
    views = [_branch_view(one, tally.mean) for one, tally in zip(branches, sums, strict=True)]
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
        scored_by=_names(tally.names for tally in sums),
        labels=_names(tally.labels for tally in sums),
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


def _names(some: Iterable[Iterable[str]]) -> list[str]:
    return sorted({safe(name) for names in some for name in names})


def _safe(text: Any) -> str | None:
    return None if text is None else safe(str(text))
