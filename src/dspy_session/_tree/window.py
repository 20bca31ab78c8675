"""Look through a window at a log: the history messages, and what each of them was made of.

A call looks at nearly what the call before it looked at. What a record says is made once for a
filter of fields and kept with the log, so that a call costs little beside what is new.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain
from typing import Any

from .amendments import Edits
from .log import Log
from .record import Record, Window
from .values import replaced

MessageKey = Hashable
"""What a history message was made of: messages with equal keys are equal. None: nobody knows."""


def window_messages(window: Window, log: Log[Record], edits: Edits | None) -> list[dict[str, Any]]:
    """Return the history messages of a window over a log; each a dict of the caller's own."""
    if window.given is not None:
        return [dict(message) for message in window.given]
    fields, noted = window.fields, window.own is not None
    said = log.mapped(
        window.start,
        window.stop,
        ("said", fields, noted),
        lambda record: _said(record, window, None),
    )
    for place, record, _ in _edited(window, log, edits):
        said[place] = _said(record, window, edits)
    return [
        *(dict(message) for message in window.seed),
        *map(dict.copy, chain.from_iterable(said)),
        *(dict(message) for message in window.own or ()),
    ]


def window_keys(window: Window, log: Log[Record]) -> list[MessageKey]:
    """Return the key of each message of a window."""
    if window.given is not None:
        return [None] * len(window.given)
    fields, noted = window.fields, window.own is not None
    keys = log.mapped(
        window.start,
        window.stop,
        ("keys", fields, noted),
        lambda record: [object() for _ in _said(record, window, None)],
    )
    for place, _, edit in _edited(window, log, window.edits):
        # A key holds the edit itself: as long as the key lives, its id is taken.
        keys[place] = [(one, _Same(edit)) for one in keys[place]]
    return [
        *[None] * len(window.seed),
        *chain.from_iterable(keys),
        *[None] * len(window.own or ()),
    ]


def _edited(
    window: Window, log: Log[Record], edits: Edits | None
) -> Iterator[tuple[int, Record, Any]]:
    """Yield the edited records of a window, each with its place in it and its edit."""
    if not edits:
        return
    seen = log.reaching_back_to(window.start)
    start = max(window.start, seen.first)
    for place, record in enumerate(seen.between(start, window.stop)):
        edit = edits.get(record.id)
        if edit:
            yield place, record, edit


def _said(record: Record, window: Window, edits: Edits | None) -> list[dict[str, Any]]:
    """Return the messages of one record: what it said, or what it noted while it worked."""
    edited = edits.get(record.id) if edits is not None else None
    if window.own is not None:
        events = record.events
        if edited:
            events = tuple(
                e if e.keys().isdisjoint(edited) else replaced(e, edited) for e in events
            )
        return [window.fields.message({}, event) for event in events]
    outputs = {**record.outputs, **edited} if edited else record.outputs
    return [window.fields.message(record.inputs, outputs)]


class _Same:
    """A value compared by identity, so that it can stand in a key."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)
