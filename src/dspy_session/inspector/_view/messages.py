"""The messages of a history or of a prompt, by window: a history may be as long as its branch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..._tree.branch import Branch
from ..._tree.log import Log
from ..._tree.record import Record, Request, Window
from ..._tree.window import window_messages
from ...compare import word_diff
from ...errors import TurnNotFoundError
from .._protocol.messages import TEXT_CHARS
from .._protocol.shapes import FieldDetail, MessageView, MessageWindow
from .text import as_text, clipped, safe

MOST_MESSAGES = 200
"""The most messages of one answer; fewer where they are long."""

ANSWER_CHARS = 2 * TEXT_CHARS
"""When the messages of an answer have so many characters, no further one goes into it."""


def history_length(branch: Branch, record: Record, position: int) -> int:
    """Return how many messages of history a call saw."""
    window = record.window
    if window.given is not None:
        return len(window.given)
    return len(window.seed) + len(_kept(window, _log(branch, record, position)))


def history_window(
    branch: Branch, record: Record, position: int, wanted: range, *, now: bool
) -> MessageWindow:
    """Return part of the history of a call.

    Args:
        branch: The branch.
        record: The turn, or one of its nested calls.
        position: The turn's position.
        wanted: Which messages, 0 = oldest; the range may reach beyond the end.
        now: Whether the history is wanted as it is now; the texts that differ from what the model
            saw come with a diff. Else it is as the model saw it.
    """
    total = history_length(branch, record, position)
    part = _within(wanted, total)
    log = _log(branch, record, position)
    window = _part(record.window, log, part)
    seen = window_messages(window, log, window.edits)
    shown = window_messages(window, log, branch.edits) if now else seen
    titles = [_title(record, log, one) for one in part]
    return MessageWindow(
        total=total,
        start=part.start,
        messages=_that_fit(
            _message(title, message, before)
            for title, message, before in zip(titles, shown, seen, strict=True)
        ),
    )


def _that_fit(messages: Iterable[MessageView]) -> list[MessageView]:
    """The first messages, as many as one answer may hold; at least one."""
    found: list[MessageView] = []
    room = ANSWER_CHARS
    for message in messages:
        found.append(message)
        room -= sum(_length(field) for field in message["fields"])
        if room <= 0:
            break
    return found


def _length(field: FieldDetail) -> int:
    was = field["original"]
    # A diff holds both texts once more.
    return (
        len(field["value"]["text"])
        if was is None
        else 2 * (len(field["value"]["text"]) + len(was["text"]))
    )


def _log(branch: Branch, record: Record, position: int) -> Log[Record]:
    root = branch.log[position]
    if record is root or record.saw_root or record.node in root.after:
        return branch.node_log(record, position)
    return Log()  # a node without a ledger of its own


def _kept(window: Window, log: Log[Record]) -> range:
    """The positions in the log that a window still reaches."""
    seen = log.reaching_back_to(window.start)
    return range(max(window.start, seen.first), max(window.start, seen.first, window.stop))


def _part(window: Window, log: Log[Record], part: range) -> Window:
    if window.given is not None:
        return dataclasses.replace(window, given=window.given[part.start : part.stop])
    first, seeds = _kept(window, log).start, len(window.seed)
    return dataclasses.replace(
        window,
        seed=window.seed[part.start : part.stop],
        start=first + max(part.start - seeds, 0),
        stop=first + max(part.stop - seeds, 0),
    )


def _title(record: Record, log: Log[Record], number: int) -> str:
    window = record.window
    if window.given is not None:
        return f"given {number}"
    if number < len(window.seed):
        return f"seed {number}"
    position = _kept(window, log).start + number - len(window.seed)
    return f"turn {position}" if record.node == "self" or record.saw_root else f"call {position}"


def _message(title: str, message: Mapping[str, Any], before: Mapping[str, Any]) -> MessageView:
    fields = [_field(name, value, before.get(name, value)) for name, value in message.items()]
    return MessageView(
        title=title, fields=fields, changed=any(field["original"] is not None for field in fields)
    )


def _field(name: str, value: Any, before: Any) -> FieldDetail:
    text, original = as_text(value), as_text(before)
    return text_field(name, text, None if text == original else original)


def text_field(name: str, text: str, original: str | None) -> FieldDetail:
    """Return a field in full, with the diff from its original where there is one."""
    shown = clipped(text)
    if original is None:
        return FieldDetail(name=safe(name), value=shown, original=None, diff=[])
    was = clipped(original)
    diff = word_diff(was["text"], shown["text"])
    return FieldDetail(name=safe(name), value=shown, original=was, diff=diff)


def _within(wanted: range, total: int) -> range:
    start = min(max(wanted.start, 0), total)
    return range(start, max(start, min(wanted.stop, total, start + MOST_MESSAGES)))


# --- prompts -------------------------------------------------------------------------------------


def prompt_window(requests: tuple[Request, ...], which: int, wanted: range) -> MessageWindow:
    """Return part of the messages of one LM request, as they were sent.

    Raises:
        TurnNotFoundError: There is no such request.
    """
    if not 0 <= which < len(requests):
        count = len(requests)
        made = "made no LM request itself" if not count else f"made {count}, counted from 0"
        msg = f"no LM request {which}: this turn or call {made}"
        raise TurnNotFoundError(msg)
    prompt = requests[which].prompt
    part = _within(wanted, len(prompt))
    return MessageWindow(
        total=len(prompt),
        start=part.start,
        messages=_that_fit(map(_prompt_message, prompt.between(part.start, part.stop))),
    )


def _prompt_message(message: Mapping[str, Any]) -> MessageView:
    fields = [
        text_field(name, as_text(value), None) for name, value in message.items() if name != "role"
    ]
    return MessageView(title=safe(str(message.get("role", "?"))), fields=fields, changed=False)
