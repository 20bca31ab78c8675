"""What is shown: the shapes that the kernel sends, a part of the protocol.

The page's TypeScript types are generated from here and from the modules beside this one.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

# --- what is shown -------------------------------------------------------------------------------


class FieldSpec(TypedDict):
    """One input or output field of the program: how to head its column and how to edit it."""

    name: str
    kind: Literal["text", "json", "number", "boolean", "choice"]
    annotation: str
    """The field's type as a person would write it, e.g. ``list[str]``."""
    choices: list[str]
    """The allowed values when ``kind`` is ``choice``, else empty."""
    known: bool
    """False: turns have it, recorded by another program, but this one does not."""


class BranchView(TypedDict):
    """One branch of the conversation."""

    key: str
    """Stable id; every request names a branch by it."""
    name: str
    turns: int
    parent: str | None
    """Key of the branch it was forked from, or null for a root."""
    forked_at: int
    """How many turns it shares with its parent."""
    mean_score: float | None
    starred: bool


class Preview(TypedDict):
    """The beginning of one field's value."""

    field: str
    text: str
    """At most ``PREVIEW_CHARS`` characters."""
    more_lines: int
    """Lines of the full value that ``text`` leaves out."""
    more_chars: int
    edited: bool


class Sibling(TypedDict):
    """Another turn at the same place of the tree, and a branch that leads to it."""

    branch: str
    turn_id: str
    name: str
    """The branch's name."""


class Row(TypedDict):
    """One turn of a branch, as the table shows it when collapsed."""

    turn_id: str
    index: int
    """Position on the branch, 0 = oldest. Stays true after old turns were trimmed."""
    version: int
    """Counts the amendments of this turn on this branch; an edit names the one it was based on."""
    inputs: list[Preview]
    outputs: list[Preview]
    score: float | None
    score_change: float | None
    """Score minus the score of the turn before, when both have one."""
    feedback: str | None
    label: str | None
    note: str | None
    edited: bool
    stale: bool
    """The history the model saw here is not the history as it is now."""
    excluded: bool
    siblings: list[Sibling]
    """All turns at this place, this one among them, oldest first; a single entry: no sibling."""
    calls: int
    """Calls of nested predictors recorded in this turn."""
    flags: list[str]
    """Plain sentences about what is special here, e.g. a value that could not be copied."""


class Filter(TypedDict, total=False):
    """Which rows are wanted, and in which order. Empty: all, oldest first."""

    search: str
    """Case-insensitive text in any input, output, label or note."""
    score_name: str | None
    """The score that ``min_score``, ``max_score``, ``scored`` and ``sort`` go by; absent: the one
    that counts."""
    min_score: float | None
    max_score: float | None
    scored: bool | None
    """True: only turns with a score; false: only those without."""
    edited: bool
    stale: bool
    excluded: bool | None
    label: str | None
    sort: Literal["index", "score"]
    descending: bool


class RowWindow(TypedDict):
    """Some consecutive rows of the filtered branch."""

    branch: str
    revision: int
    turns: int
    """Turns on the branch."""
    matched: int
    """Rows after filtering; the scroll bar's length."""
    start: int
    rows: list[Row]


class RunningTurn(TypedDict):
    """A call that is being made now, in a cell or by a click; it becomes a row when it commits."""

    branch: str
    index: int
    inputs: list[Preview]
    node: str
    """Path of the nested predictor whose answer is being written; empty for the program's own."""
    written: str
    """The end of what the model has written so far; empty where it does not stream."""
    started_at: str


class Job(TypedDict):
    """A long action at work in the kernel. It can be stopped by its id."""

    id: int
    kind: Literal["send", "rerun", "rescore", "replay"]
    label: str
    branch: str
    done: int
    total: int
    """0 when unknown."""


class Summary(TypedDict):
    """Everything but the rows below the first screen."""

    protocol: int
    revision: int
    title: str
    """The program's class name."""
    branch: str
    """Key of the branch to show first."""
    branches: list[BranchView]
    inputs: list[FieldSpec]
    outputs: list[FieldSpec]
    metrics: list[str]
    """Names of the metrics that can be run, from ``inspect(metrics=[...])``."""
    scored_by: list[str]
    """Names under which any turn of the conversation has a score."""
    labels: list[str]
    markdown: list[str]
    """Names of the fields that a page shows as Markdown until someone chooses otherwise."""
    nodes: list[str]
    """Paths of the nested predictors and other nodes of the program."""
    can_edit: bool
    """False in a saved page, which is for reading."""
    can_call: bool
    """False when there is no program to call, e.g. a conversation loaded for reading."""
    undo: str | None
    """What Undo would undo, in words, or null."""
    redo: str | None
    jobs: list[Job]
    running: list[RunningTurn]
    head: RowWindow
    """The first rows of ``branch``, unfiltered."""


# --- the expanded turn ---------------------------------------------------------------------------


class Text(TypedDict):
    """A value as text, in full or, when very long, its beginning."""

    text: str
    length: int
    """Characters of the whole value; more than ``len(text)`` when the rest was left out."""


DiffPart = tuple[Literal["same", "added", "removed"], str]
"""A run of words of a word diff, in reading order."""


class FieldDetail(TypedDict):
    """One field of a turn or of a nested call, in full."""

    name: str
    value: Text
    """What counts now: the edited value where there is one."""
    original: Text | None
    """What was recorded, when the field was edited; else null."""
    diff: list[DiffPart]
    """Original to edited, by words; empty when not edited."""


class Usage(TypedDict):
    """What a turn or call cost."""

    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """US dollars, as reported by the LM client."""
    latency_s: float | None
    cached: bool
    created_at: str
    """ISO 8601 with offset."""


class ScoreDetail(TypedDict):
    name: str
    value: float
    feedback: str | None


class CallDetail(TypedDict):
    """One call of a nested predictor within a turn, as its own ledger recorded it."""

    call_id: str
    node: str
    """The predictor's path in the program, e.g. ``planner`` or ``steps[0]``."""
    inputs: list[FieldDetail]
    outputs: list[FieldDetail]
    history_turns: int
    """Messages of history that this call saw."""
    memory: str | None
    scores: list[ScoreDetail]
    usage: Usage
    prompts: int
    """LM requests this call made."""
    version: int
    specs: list[FieldSpec]
    """How each of its outputs is edited."""


class TurnDetail(TypedDict):
    """Everything about one turn except its history and prompt, which are fetched by window."""

    turn_id: str
    index: int
    version: int
    inputs: list[FieldDetail]
    outputs: list[FieldDetail]
    scores: list[ScoreDetail]
    label: str | None
    note: str | None
    usage: Usage
    history_seen: int
    """Messages in the history as the model saw it."""
    history_now: int
    """Messages in the history as it would be now."""
    prompts: int
    """LM requests of the program's own predictor; without any, 1 for the last nested one."""
    calls: list[CallDetail]
    python: str
    """Python that opens this turn from the session."""
    stale_because: list[int]
    """Indices of earlier turns that were changed since this one was recorded."""
    parameters: dict[str, str]
    """How the turn was made beside its inputs, e.g. ``{"source": "add_turn"}``."""


class MessageView(TypedDict):
    """One message of a history (fields of a past turn) or of a prompt (role and content)."""

    title: str
    """``turn 3`` or ``seed 0`` in a history, the role in a prompt."""
    fields: list[FieldDetail]
    changed: bool
    """In a history as it is now: differs from what the model saw."""


class MessageWindow(TypedDict):
    total: int
    start: int
    messages: list[MessageView]
