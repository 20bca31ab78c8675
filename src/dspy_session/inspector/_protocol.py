"""What the kernel and the page say to each other: every shape, defined once.

The page's TypeScript types are generated from this module (``js/src/protocol.ts``); a test fails
when the two differ. Three kinds of traffic share one comm:

* **Traits**, one way, kernel to page: ``summary`` (a :class:`Summary`), versioned, and holding the
  first rows so that a saved notebook still shows something.
* **Requests**, page to kernel: ``{"ask": name, "seq": n, "args": {...}}``. Each gets exactly one
  answer ``{"re": n, "result": ...}`` or ``{"re": n, "error": {...}}``, in any order.
  :data:`REQUESTS` lists them with the type of their arguments and of their result.
* **Pushes**, kernel to page: ``{"push": kind, ...}``, at most twenty a second. They only say that
  something changed, never what a page must not miss: after a gap it asks again.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

PROTOCOL_VERSION = 1
"""Raised on every incompatible change. A page built for another version asks for a restart."""

PREVIEW_CHARS = 400
"""The most characters of a field that a row carries; the full text comes on expansion."""

TEXT_CHARS = 200_000
"""The most characters of a text in one answer; the rest is fetched with ``text`` by range."""

EDIT_CHARS = 1_000_000
"""The longest text that one edit may carry; a longer one is refused and nothing changes."""


# --- what is shown -------------------------------------------------------------------------------


class FieldSpec(TypedDict):
    """One input or output field of the program: how to head its column and how to edit it."""

    name: str
    kind: Literal["text", "json", "number", "boolean", "choice"]
    annotation: str
    """The field's type as a person would write it, e.g. ``list[str]``."""
    choices: list[str]
    """The allowed values when ``kind`` is ``choice``, else empty."""


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
    """LM requests made by the program's own predictor (nested calls count their own)."""
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


# --- requests ------------------------------------------------------------------------------------


class RowsArgs(TypedDict):
    branch: str
    start: int
    stop: int
    filter: NotRequired[Filter]


class LocateArgs(TypedDict):
    """Where a turn stands among the filtered rows."""

    branch: str
    turn_id: str
    filter: NotRequired[Filter]


class Located(TypedDict):
    position: int | None
    """Row position, or null when the filter hides the turn."""


class TurnArgs(TypedDict):
    branch: str
    turn_id: str


class HistoryArgs(TypedDict):
    branch: str
    turn_id: str
    kind: Literal["seen", "now"]
    start: int
    stop: int
    call_id: NotRequired[str]


class PromptArgs(TypedDict):
    """The messages of one LM request; ``which`` counts the requests of that turn or call from 0."""

    branch: str
    turn_id: str
    which: int
    start: int
    stop: int
    call_id: NotRequired[str]


class TextArgs(TypedDict):
    """A range of a long value. ``part`` says which version of the field is meant."""

    branch: str
    turn_id: str
    side: Literal["inputs", "outputs"]
    field: str
    part: Literal["value", "original"]
    start: int
    stop: int
    call_id: NotRequired[str]


class EditArgs(TypedDict):
    """Set an output field to a text (``kind`` text) or to a JSON value (other kinds)."""

    branch: str
    turn_id: str
    version: int
    field: str
    text: str
    call_id: NotRequired[str]


class RevertArgs(TypedDict):
    """Take an edit back: the field counts as recorded again."""

    branch: str
    turn_id: str
    version: int
    field: str
    call_id: NotRequired[str]


class ScoreArgs(TypedDict):
    """Give a turn a score by hand; null removes it. ``name`` defaults to the hand's own score."""

    branch: str
    turn_id: str
    version: int
    value: float | None
    name: NotRequired[str]
    feedback: NotRequired[str | None]
    call_id: NotRequired[str]


class AnnotateArgs(TypedDict):
    """Set label, note or exclusion; a key that is absent stays as it is, null clears."""

    branch: str
    turn_id: str
    version: int
    label: NotRequired[str | None]
    note: NotRequired[str | None]
    excluded: NotRequired[bool]


class ForkArgs(TypedDict):
    """A new branch with the turns before ``turn_id``, whose place is free there; null: all."""

    branch: str
    turn_id: str | None
    name: NotRequired[str]


class RenameArgs(TypedDict):
    branch: str
    name: str


class StarArgs(TypedDict):
    branch: str
    starred: bool


class PruneArgs(TypedDict):
    branch: str


class SendArgs(TypedDict):
    """Say something on a branch: a value in text form for each input field."""

    branch: str
    inputs: dict[str, str]


class RerunArgs(TypedDict):
    """The same turn again with a fresh rollout, on a new branch; ``inputs`` replaces some."""

    branch: str
    turn_id: str
    inputs: NotRequired[dict[str, str]]


class RescoreArgs(TypedDict):
    branch: str
    metric: str


class StopArgs(TypedDict):
    job: int


class UndoArgs(TypedDict):
    """No arguments."""


class ExportArgs(TypedDict):
    """What to export and whereto. ``target`` is a variable's name or a file's path."""

    branch: str
    filter: NotRequired[Filter]
    strict_trajectory: NotRequired[bool]
    format: Literal[
        "examples",
        "dataframe",
        "jsonl",
        "openai",
        "openai-preference",
        "trl",
        "sharegpt",
        "csv",
        "parquet",
    ]
    target: NotRequired[str]


class ExportPreview(TypedDict):
    """What an export would hold, before it is made."""

    rows: int
    """Rows that would be written."""
    columns: list[str]
    sample: list[dict[str, str]]
    """At most five rows, values shortened."""
    duplicates: int
    """Rows whose inputs and history equal an earlier row's."""
    mismatched: int
    """Rows whose fields are not those of the first row."""
    excluded: int
    """Turns left out because they are excluded or filtered away."""
    python: str
    """Python that does the same."""


class Exported(TypedDict):
    rows: int
    target: str
    message: str


class Acted(TypedDict):
    """An action was done."""

    revision: int
    message: str
    """For the status line."""
    branch: NotRequired[str]
    """The branch to show now, when the action made or chose one."""
    turn_id: NotRequired[str]


class Started(TypedDict):
    """A long action began; progress comes as pushes, the end as a push ``finished``."""

    job: Job


REQUESTS: dict[str, tuple[type, type]] = {
    "summary": (UndoArgs, Summary),
    "rows": (RowsArgs, RowWindow),
    "locate": (LocateArgs, Located),
    "turn": (TurnArgs, TurnDetail),
    "history": (HistoryArgs, MessageWindow),
    "prompt": (PromptArgs, MessageWindow),
    "text": (TextArgs, Text),
    "edit": (EditArgs, Acted),
    "revert": (RevertArgs, Acted),
    "score": (ScoreArgs, Acted),
    "annotate": (AnnotateArgs, Acted),
    "fork": (ForkArgs, Acted),
    "rename": (RenameArgs, Acted),
    "star": (StarArgs, Acted),
    "prune": (PruneArgs, Acted),
    "undo": (UndoArgs, Acted),
    "redo": (UndoArgs, Acted),
    "send": (SendArgs, Started),
    "rerun": (RerunArgs, Started),
    "rescore": (RescoreArgs, Started),
    "stop": (StopArgs, Acted),
    "preview_export": (ExportArgs, ExportPreview),
    "export": (ExportArgs, Exported),
}
"""Every request the page may make: its name, its arguments, its result."""


# --- envelopes -----------------------------------------------------------------------------------


class Request(TypedDict):
    ask: str
    seq: int
    args: dict[str, Any]


class Problem(TypedDict):
    """Why a request was refused, and what to do. Nothing was changed."""

    code: Literal["bad-request", "not-found", "conflict", "refused", "failed"]
    message: str


class Reply(TypedDict):
    re: int
    revision: int
    result: NotRequired[Any]
    error: NotRequired[Problem]


class Changed(TypedDict):
    """The conversation is now at ``revision``; ask for what is on the screen."""

    push: Literal["changed"]
    revision: int


class Progress(TypedDict):
    push: Literal["progress"]
    jobs: list[Job]
    running: list[RunningTurn]


class Finished(TypedDict):
    """A long action ended: done, stopped by hand, or failed. ``message`` is for the status line."""

    push: Literal["finished"]
    job: int
    outcome: Literal["done", "stopped", "failed"]
    message: str
    branch: NotRequired[str]
    turn_id: NotRequired[str]


PUSHES: tuple[type, ...] = (Changed, Progress, Finished)
