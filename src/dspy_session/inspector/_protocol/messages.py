"""What the kernel and the page say to each other: every message, defined once.

What they carry to be shown stands in ``shapes.py``, what the tree, the comparison and the plots
ask for in ``views.py``, and so on, beside this file. The page's TypeScript types are generated from
all of them (``js/src/protocol.ts``); a test fails when they differ. Three
kinds of traffic share one comm:

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

from .log import LogArgs, LogText, LogTextArgs, LogWindow
from .long_actions import ReplayArgs, RerunArgs, RescoreArgs, SendArgs, StopArgs
from .nodes import LedgerArgs, LedgerWindow, NodesArgs, NodesView
from .shapes import (
    Filter,
    Job,
    MessageWindow,
    RowWindow,
    RunningTurn,
    Summary,
    Text,
    TurnDetail,
)
from .views import (
    CompareArgs,
    ComparisonView,
    Difference,
    DifferenceArgs,
    Kept,
    KeptArgs,
    ScoresArgs,
    ScoresView,
    TreeArgs,
    TreeView,
)

PROTOCOL_VERSION = 1
"""Raised on every incompatible change. A page built for another version asks for a restart."""

PREVIEW_CHARS = 400
"""The most characters of a field that a row carries; the full text comes on expansion."""

TEXT_CHARS = 200_000
"""The most characters of a text in one answer; the rest is fetched with ``text`` by range."""

EDIT_CHARS = 1_000_000
"""The longest text that one edit may carry; a longer one is refused and nothing changes."""


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
    """Give a turn a score by hand; null removes it. ``name`` defaults to the hand's own score.

    Feedback that is absent stays as it is, null clears.
    """

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
    node: NotRequired[str]
    """Path of a node: the calls that it made in those turns, as ``examples``."""


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


class PartArgs(TypedDict):
    """A script of the page that is loaded when it is first used."""

    name: Literal["more", "views", "markdown"]


class Part(TypedDict):
    source: str
    """The text of a JavaScript module."""


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
    "replay": (ReplayArgs, Started),
    "stop": (StopArgs, Acted),
    "preview_export": (ExportArgs, ExportPreview),
    "export": (ExportArgs, Exported),
    "part": (PartArgs, Part),
    "log": (LogArgs, LogWindow),
    "log_text": (LogTextArgs, LogText),
    "tree": (TreeArgs, TreeView),
    "compare": (CompareArgs, ComparisonView),
    "next_difference": (DifferenceArgs, Difference),
    "scores": (ScoresArgs, ScoresView),
    "kept": (KeptArgs, Kept),
    "nodes": (NodesArgs, NodesView),
    "ledger": (LedgerArgs, LedgerWindow),
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
