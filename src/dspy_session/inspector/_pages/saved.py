"""What a saved page holds: every branch, each turn, text and message once.

A branch, a history and a prompt are lists of numbers that most often go on from another list, so
each is written as where it goes on from and what comes after: the size grows with what was said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..._tree.branch import Branch
from ..._tree.record import Record, Request
from .._protocol.messages import TEXT_CHARS
from .._protocol.saved_page import SavedCall, SavedPage, SavedPolicy, SavedTurn
from .._protocol.shapes import FieldDetail, MessageView, Summary, TurnDetail
from .._protocol.views import TreeView
from .._view.detail import turn_detail
from .._view.messages import MOST_MESSAGES, history_length, history_window, prompt_window
from .._view.rows import nested_calls, positions_of
from .._view.text import as_text, safe
from .._view.tree import tree_view
from .saved_branches import saved_branch
from .saved_values import EqualValues

_TEXT = "\0text"
"""The key of an object that stands for one of the page's texts; no field's name can be it."""

_WORTH_KEEPING = 32
"""Shorter texts are written where they stand."""


def saved_page(
    branches: Sequence[Branch], summary: Summary, policies: Mapping[str, str]
) -> SavedPage:
    """Return the data of a saved page, ready to be written as JSON.

    Args:
        branches: All branches of the conversation.
        summary: What the page shows beside rows.
        policies: Path of each node of the program to what it remembers, in words.
    """
    lists = _Lists()
    turns = _Turns(lists)
    saved = [
        saved_branch(
            branch, lists.add("branch", [turns.add(branch, at) for at in positions_of(branch)])
        )
        for branch in branches
    ]
    page = SavedPage(
        summary=_for_reading(summary),
        tree=_shape(tree_view(branches, summary["revision"], "")),
        policies=[SavedPolicy(path=safe(path), policy=said) for path, said in policies.items()],
        branches=saved,
        turns=turns.all,
        messages=turns.messages.all,
        lists=lists.all,
        texts=[],
    )
    texts: dict[str, int] = {}
    shared: Any = _with_shared_texts(page, texts)
    shared["texts"] = list(texts)
    return shared


def _for_reading(summary: Summary) -> Summary:
    shown = summary.copy()
    shown.update(can_call=False, can_edit=False, metrics=[], jobs=[], running=[])
    shown.update(undo=None, redo=None, head={**summary["head"], "rows": []})
    return shown


def _shape(tree: TreeView) -> TreeView:
    """The segments alone: the page draws their turns from its branches."""
    return {**tree, "segments": [{**one, "turns": []} for one in tree["segments"]]}


class _Lists:
    """Lists of numbers, each as what it goes on from, how much of that, and what comes after."""

    def __init__(self) -> None:
        self.all: list[list[int]] = []
        self._newest: dict[str, tuple[int, list[int]]] = {}

    def add(self, kind: str, numbers: list[int]) -> int:
        """Keep a list; one of the same kind most often begins like the one before."""
        before, known = self._newest.get(kind, (-1, []))
        kept = _agreed(known, numbers)
        if before >= 0 and kept == len(known) == len(numbers):
            return before
        self.all.append([before if kept else -1, kept, *numbers[kept:]])
        self._newest[kind] = len(self.all) - 1, numbers
        return len(self.all) - 1


def _agreed(left: list[int], right: list[int]) -> int:
    """How far two lists are the same; found by halving, as comparing slices is quick."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class _Messages:
    """The messages of histories and prompts, each once."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._known: dict[str, int] = {}

    def add(self, view: MessageView) -> int:
        _without_diffs(view["fields"])
        key = json.dumps(view)
        if key not in self._known:
            self._known[key] = len(self.all)
            self.all.append(view)
        return self._known[key]


class _Turns:
    """The turns of all branches; what was added to a turn on one branch only makes another one."""

    def __init__(self, lists: _Lists) -> None:
        self.all: list[SavedTurn] = []
        self.messages = _Messages()
        self._lists = lists
        self._known: dict[Any, int] = {}
        self._seen: dict[Any, tuple[str | None, list[int]]] = {}
        self._prompts: dict[int, tuple[Any, int]] = {}
        self._values = EqualValues()

    def add(self, branch: Branch, position: int) -> int:
        record = branch.log[position]
        parts = [record, *nested_calls(record)]
        stale = [tuple(branch.stale_because(one, position)) for one in parts]
        # Texts, not identities: an edit that was made on both branches is the same edit.
        added = [(repr(branch.edits.get(one.id)), repr(branch.mark(one))) for one in parts]
        key = record.id, repr(added), tuple(stale), id(branch.edits) if any(stale) else None
        if key not in self._known:
            self._known[key] = len(self.all)
            self.all.append(self._turn(branch, position, parts))
        return self._known[key]

    def _turn(self, branch: Branch, position: int, parts: list[Record]) -> SavedTurn:
        record = parts[0]
        detail = turn_detail(branch, position)
        detail["python"] = ""  # it names the branch; the page knows how it is written
        _fill(detail, branch, parts)
        for call in detail["calls"]:
            call["specs"] = []  # nothing is edited there
        saved = SavedTurn(
            detail=detail,
            flags=[safe(flag) for flag in record.flags],
            excluded=branch.mark(record).excluded,
            calls={one.id: self._call(branch, position, one) for one in parts[1:]},
            own=self._call(branch, position, record),
        )
        values = self._values.of(position, record.inputs, branch.outputs(record))
        if values is not None:
            saved["values"] = values
        return saved

    def _call(self, branch: Branch, position: int, record: Record) -> SavedCall:
        requests = record.telling_requests()
        seen = self._lists.add(f"seen {record.node}", self._history(branch, record, position))
        now = seen
        if branch.stale_because(record, position):
            numbers = self._window(branch, record, position, 0, now=True)
            now = self._lists.add(f"now {record.node}", numbers)
        prompts = [self._prompt(requests, one, record.node) for one in range(len(requests))]
        return SavedCall(seen=seen, now=now, prompts=prompts)

    def _history(self, branch: Branch, record: Record, position: int) -> list[int]:
        """The history as it was seen; it goes on from that of the turn before where it can."""
        window, log = record.window, branch.node_log(record, position)
        plain = window.given is None and window.own is None
        last = log[window.stop - 1].id if plain and log.first < window.stop <= len(log) else None
        key = record.node, record.saw, window.start, window.fields, id(window.edits)
        newest, known = self._seen.get(key, (None, []))
        reached = None if newest is None else log.position_of(newest, _id_of)
        goes_on = plain and reached is not None and reached < window.stop
        start = len(known) if goes_on else 0
        numbers = known[:start] + self._window(branch, record, position, start, now=False)
        if last is not None and len(numbers) == len(window.seed) + window.stop - window.start:
            self._seen[key] = last, numbers
        return numbers

    def _window(
        self, branch: Branch, record: Record, position: int, start: int, *, now: bool
    ) -> list[int]:
        numbers: list[int] = []
        total = history_length(branch, record, position)
        for first in range(start, total, MOST_MESSAGES):
            wanted = range(first, first + MOST_MESSAGES)
            window = history_window(branch, record, position, wanted, now=now)
            numbers += [self.messages.add(one) for one in window["messages"]]
        return numbers

    def _prompt(self, requests: tuple[Request, ...], which: int, node: str) -> int:
        numbers: list[int] = []
        for at, message in enumerate(requests[which].prompt):
            known = self._prompts.get(id(message))
            if known is None:
                view = prompt_window(requests, which, range(at, at + 1))["messages"][0]
                # The message is kept beside: as long as it lives its id is taken.
                known = self._prompts[id(message)] = message, self.messages.add(view)
            numbers.append(known[1])
        return self._lists.add(f"prompt {node}", numbers)


def _id_of(record: Record) -> str:
    return record.id


def _fill(detail: TurnDetail, branch: Branch, parts: list[Record]) -> None:
    """Put whole texts in the place of those that one answer would cut."""
    calls = {one["call_id"]: one for one in detail["calls"]}
    for record in parts:
        shown: Any = calls.get(record.id, detail)
        for side, values in (("inputs", record.inputs), ("outputs", branch.outputs(record))):
            _fill_fields(shown[side], values, record.outputs)


def _fill_fields(
    fields: list[FieldDetail], values: Mapping[str, Any], recorded: Mapping[str, Any]
) -> None:
    for field, (name, value) in zip(fields, values.items(), strict=True):
        if field["value"]["length"] > TEXT_CHARS:
            field["value"]["text"] = safe(as_text(value))
        original = field["original"]
        if original is not None and original["length"] > TEXT_CHARS:
            original["text"] = safe(as_text(recorded[name]))
    _without_diffs(fields)


def _without_diffs(fields: list[FieldDetail]) -> None:
    """The page makes diffs itself: they hold both texts once more."""
    for field in fields:
        field["diff"] = []


def _with_shared_texts(value: Any, texts: dict[str, int]) -> Any:
    """Put a number in the place of every text that is worth it."""
    if isinstance(value, str):
        if len(value) < _WORTH_KEEPING:
            return value
        return {_TEXT: texts.setdefault(value, len(texts))}
    if isinstance(value, Mapping):
        return {name: _with_shared_texts(item, texts) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_shared_texts(item, texts) for item in value]
    return value
