"""A conversation as a document: every record, text and amendment once."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pydantic

from .._tree.amendments import Mark
from .._tree.branch import Branch
from .._tree.record import ROOT, FieldFilter, Node, Nodes, Record, Request, Window, record_key
from .._tree.values import Fields
from .document_logs import LogWriter
from .document_texts import TextWriter
from .document_versions import VersionWriter
from .known_types import is_registered
from .tagged_json import MAX_DEPTH, encode


class Writer:
    """Collects what branches consist of into the tables of a document."""

    def __init__(self) -> None:
        self.texts = TextWriter()
        self.runs: LogWriter[Record] = LogWriter()
        self.prompts: LogWriter[dict[str, Any]] = LogWriter()
        self.edits = VersionWriter(self._edit, self._in_order)
        self.marks = VersionWriter(written_mark, self._in_order)
        self.written: list[dict[str, Any]] = []
        self.messages: list[Any] = []
        self.filters: list[Any] = []
        self.histories = Histories(self.texts)
        self.nodes: list[dict[str, Any]] = []
        self._records: list[Record] = []
        self._numbers: dict[str, int] = {}
        self._message_numbers: dict[int, int] = {}
        self._message_texts: dict[tuple[str, str], int] = {}
        self._filter_numbers: dict[FieldFilter, int] = {}
        self._node_numbers: dict[int, int] = {}
        self._last_nodes: dict[str, Any] = {}

    def tables(self, branches: Sequence[Branch]) -> dict[str, Any]:
        """Return the document's tables for some branches."""
        for branch in branches:
            self._see_log(branch)
        done = 0
        while done < len(self._records):  # a record may lead to more of them
            self.written.append(self._record(self._records[done]))
            done += 1
        keys = {branch.key for branch in branches}
        placed = [self._branch(branch, keys) for branch in branches]
        return {
            "branches": placed,
            "records": self.written,
            "runs": self.runs.written(self._numbers, record_key),
            "nodes": self.nodes,
            "edits": self.edits.written,
            "marks": self.marks.written,
            "filters": self.filters,
            "histories": self.histories.written,
            "said": self.histories.messages,
            "prompts": self.prompts.written(self._message_numbers, id),
            "messages": self.messages,
            "pieces": self.texts.pieces,
        }

    # --- branches ----------------------------------------------------------------------------

    def _see_log(self, branch: Branch) -> None:
        self._see(self.runs.see(branch.log))
        if branch.ahead is not None:
            self._see(self.runs.see(branch.ahead))
        self._see_nodes(branch.nodes)

    def _branch(self, branch: Branch, keys: set[str]) -> dict[str, Any]:
        written: dict[str, Any] = {
            "key": encode(branch.key),
            "name": encode(branch.name),
            "order": branch.order,
            "log": self.runs.place(branch.log),
            "ahead": None if branch.ahead is None else self.runs.place(branch.ahead),
            "seed": None if branch.seed is None else self.histories.number(branch.seed),
            "nodes": self._nodes(branch.nodes),
            "edits": self.edits.number(branch.edits),
            "marks": self.marks.number(branch.marks),
            "parent": encode(branch.parent) if branch.parent in keys else None,
            "forked_at": branch.forked_at,
            "starred": branch.starred,
        }
        kept = ("key", "name", "order", "log", "edits", "marks")
        return {n: v for n, v in written.items() if n in kept or (v is not None and v != "")}

    def _edit(self, record_id: str, fields: Mapping[str, Any]) -> Any:
        return encode(dict(fields), at=(f"the edited turn {record_id}",))

    def _in_order(self, record_ids: Iterable[str]) -> list[str]:
        last = len(self._numbers)
        return sorted(record_ids, key=lambda one: (self._numbers.get(one, last), one))

    # --- records -----------------------------------------------------------------------------

    def _see(self, records: Iterable[Record]) -> None:
        """Number records, and the calls nested in them behind each."""
        waiting = list(records)[::-1]
        while waiting:
            record = waiting.pop()
            if record.id not in self._numbers:
                self._numbers[record.id] = len(self._records)
                self._records.append(record)
                waiting += record.calls[::-1]

    def _record(self, record: Record) -> dict[str, Any]:
        number = self._numbers[record.id]
        at = (f"{'turn' if record.node == ROOT else record.node} {record.id}",)
        written: dict[str, Any] = {"id": encode(record.id)}
        written.update({} if record.node == ROOT else {"node": encode(record.node)})
        written["inputs"] = self._fields(record.inputs, [number], (*at, "inputs"))
        written["outputs"] = self._fields(record.outputs, [-1 - number], (*at, "outputs"))
        window = self._window(record.window)
        rest = {
            "window": window,
            "created_at": _time(record.created_at),
            "latency_s": encode(record.latency_s),
            "calls": [self._numbers[call.id] for call in record.calls],
            "events": self.histories.number(record.events) if record.events else None,
            "requests": [self._request(r, (*at, "requests")) for r in record.requests],
            "before": self._nodes(record.before),
            "after": self._nodes(record.after),
            "saw_root": record.saw_root or None,
            "saw": None if record.saw_root else encode(record.saw),
            "source": None if record.source == "call" else encode(record.source),
            "flags": [encode(flag) for flag in record.flags],
            "alternatives": self.histories.number(record.alternatives)
            if record.alternatives
            else None,
        }
        written.update({n: v for n, v in rest.items() if v is not None and v not in ([], {})})
        return written

    def _fields(self, fields: Fields, reference: list[Any], at: tuple[Any, ...]) -> Any:
        return self.texts.field(encode(dict(fields), at=at), reference)

    def _window(self, window: Window) -> dict[str, Any]:
        """What differs from a window that begins and ends before the first turn."""
        numbers = {
            "start": window.start,
            "stop": window.stop,
            "fields": self._filter(window.fields),
            "edits": self.edits.number(window.edits),
        }
        written = {name: number for name, number in numbers.items() if number}
        if window.seed:
            written["seed"] = self.histories.number(window.seed)
        if window.given is not None:
            written["given"] = self.histories.number(window.given)
        if window.own is not None:
            written["own"] = self.histories.number(window.own)
        return written

    def _filter(self, fields: FieldFilter) -> int:
        number = self._filter_numbers.get(fields)
        if number is None:
            number = self._filter_numbers[fields] = len(self.filters)
            written: dict[str, Any] = {"exclude": encode(sorted(fields.exclude))}
            if fields.inputs is not None:
                written["inputs"] = encode(sorted(fields.inputs))
            if fields.names:
                written["names"] = encode([name for pair in fields.names for name in pair])
            self.filters.append(written)
        return number

    # --- nodes -------------------------------------------------------------------------------

    def _see_nodes(self, nodes: Nodes) -> None:
        for path in sorted(nodes):  # numbers must not depend on an order that files do not keep
            self._see(self.runs.see(nodes[path].ledger))

    def _nodes(self, nodes: Nodes) -> int | None:
        """Return the number of a standing of all nodes, written as its difference to the last."""
        if not nodes:
            return None
        number = self._node_numbers.get(id(nodes))
        if number is None:
            self._see_nodes(nodes)
            now = {encode(path): self._node(node) for path, node in nodes.items()}
            entry: dict[str, Any] = dict.fromkeys(self._last_nodes.keys() - now.keys())
            entry.update({p: n for p, n in now.items() if self._last_nodes.get(p) != n})
            if entry or not self.nodes:
                self.nodes.append(entry)
            self._last_nodes = now
            number = self._node_numbers[id(nodes)] = len(self.nodes) - 1
        return number

    def _node(self, node: Node) -> list[Any]:
        place = self.runs.place(node.ledger)
        written = [place, self.texts.value(encode(node.memory)), node.closed]
        return written if node.closed else written[: 2 if node.memory else 1]

    # --- requests ----------------------------------------------------------------------------

    def _request(self, request: Request, at: tuple[Any, ...]) -> dict[str, Any]:
        for message in self.prompts.see(request.prompt):
            self._message(message, at)
        written: dict[str, Any] = {
            "model": encode(request.model),
            "prompt": self.prompts.place(request.prompt),
            "answers": [self._made(answer, (*at, "answers")) for answer in request.answers],
            "tokens": _pair(request.prompt_tokens, request.completion_tokens),
            "cost": encode(request.cost),
            "latency_s": encode(request.latency_s),
            "cached": request.cached or None,
        }
        return {name: value for name, value in written.items() if value is not None}

    def _message(self, message: dict[str, Any], at: tuple[Any, ...]) -> None:
        role, content = message.get("role"), message.get("content")
        if type(role) is str and type(content) is str and list(message) == ["role", "content"]:
            number = self._message_texts.get((role, content))
            if number is None:
                number = self._message_texts[role, content] = len(self.messages)
                self.messages.append([encode(role), *self.texts.parts(content)])
        else:
            number = len(self.messages)
            self.messages.append(self._made(message, (*at, "prompt")))
        self._message_numbers[id(message)] = number

    def _made(self, value: Any, at: tuple[Any, ...]) -> Any:
        """A value that a model was sent or gave: text as parts, all else as an object."""
        if type(value) is str:
            return self.texts.parts(value)
        return {"value": self.texts.value(encode(_plain(value), at=at))}


class Histories:
    """Lists of history messages, each as how much it shares with the last, and the rest."""

    def __init__(self, texts: TextWriter) -> None:
        self.messages: list[Any] = []
        self.written: list[Any] = []
        self._texts = texts
        self._by_json: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # ids are only unique while their objects live
        self._known: dict[tuple[int, ...], int] = {}
        self._last: tuple[int, ...] = ()

    def number(self, history: tuple[Fields, ...]) -> int:
        """Return the number of a history, written now if it is new."""
        number = self._numbers.get(id(history))
        if number is None:
            self._kept.append(history)
            number = self._numbers[id(history)] = self._write(history)
        return number

    def _write(self, history: tuple[Fields, ...]) -> int:
        now = tuple(self._message(message) for message in history)
        if now not in self._known:
            agreed = 0
            for ours, theirs in zip(now, self._last, strict=False):
                if ours != theirs:
                    break
                agreed += 1
            self._known[now] = len(self.written)
            self.written.append([agreed, list(now[agreed:])])
            self._last = now
        return self._known[now]

    def _message(self, message: Fields) -> int:
        encoded = encode(dict(message), at=("a history message",))
        key = json.dumps(encoded)
        number = self._by_json.setdefault(key, len(self.messages))
        if number == len(self.messages):
            self.messages.append(self._texts.referred(encoded))
        return number


def _plain(value: Any, depth: int = 0) -> Any:
    """What a client library wraps answers in, as the data that it is.

    Files could hold such a wrapper, but nobody would name its class to read it again.
    """
    if depth > MAX_DEPTH:
        return value  # a cycle, perhaps, which is told when it is written
    if isinstance(value, pydantic.BaseModel) and not is_registered(type(value)):
        value = dict(value)
    if isinstance(value, dict):
        return {name: _plain(item, depth + 1) for name, item in value.items()}
    return [_plain(item, depth + 1) for item in value] if type(value) is list else value


def _pair(first: int | None, second: int | None) -> list[int | None] | None:
    return None if first is None and second is None else [first, second]


def _time(moment: datetime.datetime) -> Any:
    """UTC as text that every other program reads, too; other zones as a tagged value."""
    if moment.tzinfo is datetime.timezone.utc:
        return moment.replace(tzinfo=None).isoformat() + "Z"
    return encode(moment, at=("created_at",))


def written_mark(record_id: str, mark: Mark) -> dict[str, Any]:
    """Return a mark as JSON-ready data."""
    at = (f"the mark of {record_id}",)
    written: dict[str, Any] = {
        "scores": {
            name: [encode(score.value, at=at)]
            if score.feedback is None
            else [encode(score.value, at=at), encode(score.feedback, at=at)]
            for name, score in mark.scores.items()
        },
        "latest": encode(mark.latest),
        "label": encode(mark.label),
        "note": encode(mark.note),
        "excluded": mark.excluded or None,
        "version": mark.version,
    }
    return {name: value for name, value in written.items() if value is not None and value != {}}
