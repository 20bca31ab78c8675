"""A document as a conversation again: what was shared is shared."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from .._tree.amendments import NO_EDITS, NO_MARKS, Mark, Score
from .._tree.branch import Branch
from .._tree.record import NO_NODES, ROOT, FieldFilter, Node, Nodes, Record, Request, Window
from .._tree.values import Fields
from .document_item import Item, damaged
from .document_logs import LogReader
from .document_texts import TextReader
from .document_versions import read_versions
from .known_types import Types
from .tagged_json import decode
from .tags import Undecodable

_BUDGET = 2**31
"""Characters that a document may unfold into. A memory that held more was not saved as JSON."""


class Reader:
    """Reads the tables of a document.

    Args:
        document: The whole document.
        types: The classes that may be rebuilt.
    """

    def __init__(self, document: Item, types: Types) -> None:
        self._types = types
        self._records = document.items("records")
        self._texts = TextReader(document.items("pieces"), self._records, _BUDGET)
        self._runs: LogReader[Record] = document.read("runs", _logs)
        self._prompts: LogReader[dict[str, Any]] = document.read("prompts", _logs)
        messages = [
            self._message(message, n) for n, message in enumerate(document.items("messages"))
        ]
        document.read("prompts", lambda _: self._prompts.fill(messages))
        self._filters = [read_filter(one, n) for n, one in enumerate(document.items("filters"))]
        self._histories = self._read_histories(document)
        self._edits = document.read("edits", lambda _: self._versions(document, "edits"))
        self._marks = document.read("marks", lambda _: self._versions(document, "marks"))
        self._nodes = self._read_nodes(document.items("nodes"))
        records = self._read_records()
        document.read("runs", lambda _: self._runs.fill(records))
        self.branches = [self._branch(one, n) for n, one in enumerate(document.items("branches"))]
        check_family(self.branches)

    # --- amendments and histories ------------------------------------------------------------

    def _versions(self, document: Item, name: str) -> list[Any]:
        if name == "edits":
            return read_versions(document.items(name), self._edit, NO_EDITS)
        return read_versions(document.items(name), read_mark, NO_MARKS)

    def _edit(self, record_id: str, data: Any) -> Fields:
        return self._fields(data, record_id)

    def _fields(self, data: Any, *at: Any) -> dict[str, Any]:
        fields = self._texts.value(data, self._types, *at)
        if type(fields) is not dict or not all(type(name) is str for name in fields):
            raise damaged("fields are an object", *at)
        return fields

    def _read_histories(self, document: Item) -> list[tuple[Fields, ...]]:
        said = [
            self._fields(message, "said", number)
            for number, message in enumerate(document.items("said"))
        ]
        found: list[tuple[Fields, ...]] = []
        last: tuple[Fields, ...] = ()
        for number, entry in enumerate(document.items("histories")):
            if type(entry) is not list or len(entry) != 2 or type(entry[1]) is not list:
                raise damaged("a history is written as a count and a list", "histories", number)
            agreed, rest = entry
            if type(agreed) is not int or not 0 <= agreed <= len(last):
                raise damaged(f"the last history has {len(last)} messages", "histories", number)
            if not all(type(n) is int and 0 <= n < len(said) for n in rest):
                raise damaged("it holds messages that are not there", "histories", number)
            last = (*last[:agreed], *(said[n] for n in rest))
            self._texts.spend(8 * len(last))
            found.append(last)
        return found

    # --- records -----------------------------------------------------------------------------

    def _read_nodes(self, written: list[Any]) -> list[Nodes]:
        found: list[Nodes] = []
        last: dict[str, Node] = {}
        for number, entry in enumerate(written):
            item = Item(entry, "nodes", number)
            last = dict(last)
            for path in item.data:
                if item.data[path] is None:
                    last.pop(path, None)
                else:
                    last[path] = item.read(path, self._node)
            self._texts.spend(8 * len(last))
            found.append(last)
        return found

    def _node(self, data: Any) -> Node:
        if type(data) is not list or not 1 <= len(data) <= 3:
            raise damaged("a node is written as its ledger, memory and ended episodes")
        memory = self._texts.value(data[1], self._types) if len(data) > 1 else ""
        if type(memory) is not str:
            raise damaged("a memory is text")
        ledger, closed = self._runs.log(data[0]), data[2] if len(data) > 2 else 0
        if type(closed) is not int or closed < 0:
            raise damaged("episodes end at a position")
        return Node(ledger, memory, closed)

    def _read_records(self) -> list[Record]:
        made: dict[int, Record] = {}
        # Nested calls stand behind the call they belong to, so the last come first.
        for number in reversed(range(len(self._records))):
            self._made_record(number, made, ())
        ids: set[str] = set()
        for number, record in made.items():
            if record.id in ids:
                raise damaged(f"there are two with the id {record.id!r:.40}", "records", number)
            ids.add(record.id)
        return [made[number] for number in range(len(made))]

    def _made_record(self, number: int, made: dict[int, Record], around: tuple[int, ...]) -> Record:
        if number not in made:
            item = Item(self._records[number], "records", number)
            calls: list[Record] = []
            for call in item.items("calls", []):
                if type(call) is not int or not 0 <= call < len(self._records):
                    raise item.damaged(f"there is no record {call!r:.40}", "calls")
                if call == number or call in around:
                    raise item.damaged("a call cannot be nested in itself", "calls")
                calls.append(self._made_record(call, made, (*around, number)))
            made[number] = self._record(item, number, tuple(calls))
        return made[number]

    def _record(self, item: Item, number: int, calls: tuple[Record, ...]) -> Record:
        data = item.data
        return Record(
            id=item.text("id"),
            node=item.text("node", ROOT),
            inputs=self._fields(data.get("inputs"), "records", number, "inputs"),
            outputs=self._fields(data.get("outputs"), "records", number, "outputs"),
            window=self._window(Item(data.get("window", {}), "records", number, "window")),
            created_at=item.read("created_at", _time),
            latency_s=item.number("latency_s"),
            calls=calls,
            events=item.chosen("events", self._histories) if "events" in data else (),
            requests=tuple(
                self._request(Item(request, "records", number, "requests", n))
                for n, request in enumerate(item.items("requests", []))
            ),
            before=item.chosen("before", self._nodes) if "before" in data else NO_NODES,
            after=item.chosen("after", self._nodes) if "after" in data else NO_NODES,
            saw=ROOT if item.flag("saw_root") else item.maybe_text("saw"),
            source=item.text("source", "call"),
            flags=tuple(_texts(item, "flags")),
            alternatives=item.chosen("alternatives", self._histories)
            if "alternatives" in data
            else (),
        )

    def _window(self, item: Item) -> Window:
        data = item.data
        return Window(
            start=item.count("start", 0),
            stop=item.count("stop", 0),
            seed=item.chosen("seed", self._histories) if "seed" in data else (),
            fields=item.chosen("fields", self._filters, 0),
            edits=item.chosen("edits", self._edits, 0),
            given=item.chosen("given", self._histories) if "given" in data else None,
            own=item.chosen("own", self._histories) if "own" in data else None,
        )

    # --- requests ----------------------------------------------------------------------------

    def _request(self, item: Item) -> Request:
        sent, received = _pair(item)
        return Request(
            model=item.text("model", ""),
            prompt=item.read("prompt", self._prompts.log),
            answers=tuple(item.read("answers", self._answers)),
            prompt_tokens=sent,
            completion_tokens=received,
            cost=item.number("cost"),
            latency_s=item.number("latency_s"),
            cached=item.flag("cached"),
        )

    def _answers(self, data: Any) -> list[Any]:
        if type(data) is not list:
            raise damaged("answers are a list")
        return [self._made(answer) for answer in data]

    def _made(self, data: Any) -> Any:
        if type(data) is list:
            return self._texts.text(data)
        return self._texts.value(Item(data).data.get("value"), self._types)

    def _message(self, data: Any, number: int) -> dict[str, Any]:
        if type(data) is list and data:
            role, *parts = data
            if type(role) is not str:
                role = decode(role, {}, at=("messages", number))
            try:
                return {"role": role, "content": self._texts.text(parts)}
            except Undecodable as problem:
                problem.path += [number, "messages"]
                raise
        message = self._texts.value(
            Item(data, "messages", number).data.get("value"), self._types, "messages", number
        )
        if type(message) is not dict:
            raise damaged("a message is an object", "messages", number)
        return message

    # --- branches ----------------------------------------------------------------------------

    def _branch(self, data: Any, number: int) -> Branch:
        item = Item(data, "branches", number)
        edits, marks = item.chosen("edits", self._edits), item.chosen("marks", self._marks)
        if edits is None or marks is None:
            raise item.damaged("a branch has amendments, be it none", "edits")
        branch = Branch(
            key=item.text("key"),
            name=item.text("name"),
            log=item.read("log", self._runs.log),
            seed=item.chosen("seed", self._histories) if "seed" in item.data else None,
            nodes=item.chosen("nodes", self._nodes) if "nodes" in item.data else NO_NODES,
            ahead=item.read("ahead", self._runs.log) if "ahead" in item.data else None,
            edits=edits,
            marks=marks,
            parent=item.maybe_text("parent"),
            forked_at=item.count("forked_at", 0),
            starred=item.flag("starred"),
            order=item.count("order"),
        )
        return branch.remembering(item.text("memory", branch.memory))


def _logs(data: Any) -> LogReader[Any]:
    if type(data) is not list:
        raise damaged("the runs of a log are a list")
    return LogReader(data)


def _texts(item: Item, key: str) -> list[str]:
    found = [decode(one, {}) for one in item.items(key, [])]
    if not all(type(one) is str for one in found):
        raise item.damaged("a list of text belongs here", key)
    return found


def read_filter(data: Any, number: int) -> FieldFilter:
    """Return the field filter in JSON data."""
    item = Item(data, "filters", number)
    inputs = frozenset(_texts(item, "inputs")) if "inputs" in item.data else None
    names = _texts(item, "names") if "names" in item.data else []
    if len(names) % 2:
        raise item.damaged("pairs of names belong here", "names")
    return FieldFilter(
        frozenset(_texts(item, "exclude")), inputs, tuple(zip(names[::2], names[1::2], strict=True))
    )


def _pair(item: Item) -> tuple[int | None, int | None]:
    pair = item.items("tokens", [None, None])
    if len(pair) != 2 or not all(one is None or type(one) is int for one in pair):
        raise item.damaged("two counts belong here", "tokens")
    return pair[0], pair[1]


def _time(data: Any) -> datetime.datetime:
    try:
        if type(data) is str and data.endswith("Z"):
            moment = datetime.datetime.fromisoformat(data[:-1])
            return moment.replace(tzinfo=datetime.timezone.utc)
        moment = decode(data, {})
    except ValueError as problem:
        raise damaged(f"it is no time ({problem})") from None
    if type(moment) is not datetime.datetime:
        raise damaged("a time belongs here")
    return moment


def read_mark(record_id: str, data: Any) -> Mark:
    """Return the mark in JSON data."""
    item = Item(data, record_id)
    given = Item(item.data.get("scores", {}), record_id, "scores")
    scores = {name: _score(given.items(name), record_id, "scores", name) for name in given.data}
    latest = item.maybe_text("latest")
    if latest is not None and latest not in scores:
        raise item.damaged(f"there is no score {latest!r:.40}", "latest")
    return Mark(
        scores=scores,
        latest=latest,
        label=item.maybe_text("label"),
        note=item.maybe_text("note"),
        excluded=item.flag("excluded"),
        version=item.count("version", 0),
    )


def _score(data: list[Any], *at: Any) -> Score:
    value, feedback = [decode(one, {}, at=at) for one in [*data, None, None][:2]]
    if type(value) not in (int, float) or not (feedback is None or type(feedback) is str):
        raise damaged("a score is a number, perhaps with a text", *at)
    return Score(value, feedback)


def check_family(branches: Sequence[Branch]) -> None:
    """Refuse branches that cannot belong to one conversation."""
    if not branches:
        raise damaged("there is none", "branches")
    by_key = {branch.key: branch for branch in branches}
    for number, branch in enumerate(branches):
        if by_key[branch.key] is not branch or not branch.name.strip():
            raise damaged("its key or name is taken or empty", "branches", number)
        ancestors = {branch.key}
        parent = branch.parent
        while parent is not None:
            if parent not in by_key:
                raise damaged(f"its parent {parent!r:.40} is not there", "branches", number)
            if parent in ancestors:
                raise damaged("it is among its own forefathers", "branches", number)
            ancestors.add(parent)
            parent = by_key[parent].parent
    if len({branch.name for branch in branches}) < len(branches):
        raise damaged("two bear the same name", "branches")
