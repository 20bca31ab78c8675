"""Answers to the requests that change nothing."""

from __future__ import annotations

from typing import Any

from ..._tree.branch import Branch
from ..._tree.record import Record
from .._changes.log import MOST_LINES, shortened
from .._desk import Desk
from .._protocol.log import LogArgs, LogText, LogTextArgs, LogWindow
from .._protocol.messages import (
    HistoryArgs,
    LocateArgs,
    Located,
    PromptArgs,
    RowsArgs,
    TextArgs,
    TurnArgs,
)
from .._protocol.shapes import MessageWindow, RowWindow, Summary, Text, TurnDetail
from .._view.detail import call_in, text_range, turn_detail
from .._view.messages import history_window, prompt_window
from .._view.rows import row_window


def summary(desk: Desk, _args: Any) -> Summary:
    """Everything but the rows below the first screen."""
    return desk.summary()


def rows(desk: Desk, args: RowsArgs) -> RowWindow:
    """Some consecutive rows of a filtered branch."""
    # Read first: rows may then be newer than their revision says, never older.
    revision = desk.conversation.revision
    branch = desk.branch(args["branch"])
    positions = desk.positions(branch, args.get("filter", {}))
    wanted = range(args["start"], args["stop"])
    return row_window(branch, desk.conversation.branches, positions, revision, wanted)


def locate(desk: Desk, args: LocateArgs) -> Located:
    """Where a turn stands among the filtered rows."""
    branch = desk.branch(args["branch"])
    positions = desk.positions(branch, args.get("filter", {}))
    position = branch.position(args["turn_id"])
    if isinstance(positions, range):
        return Located(position=positions.index(position))
    return Located(position=positions.index(position) if position in positions else None)


def turn(desk: Desk, args: TurnArgs) -> TurnDetail:
    """Everything about one turn except its history and prompts."""
    branch = desk.branch(args["branch"])
    return turn_detail(branch, branch.position(args["turn_id"]), desk.source.outputs_of)


def history(desk: Desk, args: HistoryArgs) -> MessageWindow:
    """Part of the history of a turn or nested call, as seen or as it is now."""
    branch, position, record = _found(desk, args)
    wanted = range(args["start"], args["stop"])
    return history_window(branch, record, position, wanted, now=args["kind"] == "now")


def prompt(desk: Desk, args: PromptArgs) -> MessageWindow:
    """Part of the messages of one LM request."""
    _, _, record = _found(desk, args)
    return prompt_window(
        record.telling_requests(), args["which"], range(args["start"], args["stop"])
    )


def log(desk: Desk, args: LogArgs) -> LogWindow:
    """Some of what was done by hand, as Python."""
    lines = desk.log.lines
    start = min(max(args["start"], 0), len(lines))
    stop = max(start, min(args["stop"], start + MOST_LINES))
    found = [shortened(line) for line in lines[start:stop]]
    return LogWindow(total=len(lines), start=start, lines=found)


def log_text(desk: Desk, args: LogTextArgs) -> LogText:
    """What was done by hand, or a choice of it, as a program."""
    return LogText(python=desk.log.python(args.get("lines")))


def text(desk: Desk, args: TextArgs) -> Text:
    """A range of a long value."""
    branch, _, record = _found(desk, args)
    place = args["side"], args["field"]
    return text_range(branch, record, place, args["part"], range(args["start"], args["stop"]))


def _found(desk: Desk, args: HistoryArgs | PromptArgs | TextArgs) -> tuple[Branch, int, Record]:
    branch = desk.branch(args["branch"])
    position = branch.position(args["turn_id"])
    return branch, position, call_in(branch.log[position], args.get("call_id"), position)
