"""One row of a conversation: a small document whose parts may stand in other rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from .._files.document_writer import Histories, Writer
from .._files.tagged_json import encode
from .._tree.amendments import Edits, Marks
from .._tree.branch import Branch
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .._tree.record import Record
from .._tree.values import Fields
from ..errors import EncodeError
from ._known import Known, PromptPart, RowPlace, text_of
from ._runs import RunWriter
from ._texts import packed

Message = dict[str, Any]


class RowWriter(Writer):
    """Writes one record with its nested calls, or one branch, as a row.

    Args:
        known: What is stored already.
        runs: Numbers the logs.
        versions: Number the amendments.
        key: Key of the row, by which others refer to it.
    """

    def __init__(self, known: Known, runs: RunWriter, versions: tuple[Any, Any], key: str) -> None:
        super().__init__()
        self._known, self._key = known, key
        self._flags: dict[int, list[str]] = {}
        self.texts = known.texts
        self.texts.row = key
        self.histories = _RowHistories(self.texts, known)
        self.prompts: Any = _PromptWriter(known, key)
        self.runs: Any = runs.for_row(self._place_of, key)
        self.edits, self.marks = versions

    def turn(self, record: Record) -> str:
        """Return the body of a turn's row: a line about its records, and the records."""
        self._see([record])
        for number, one in enumerate(self._records):
            self._known.records[one.id] = (self._key, number)
        self.written = [self._record(one) for one in self._records]
        head = encode([record.id, *self.runs.placements])
        return packed(head, self._known.share) + "\n" + packed(self._tables(), self._known.share)

    def branch(self, branch: Branch, keys: set[str], seed: int | None) -> str:
        """Return the body of a branch's row."""
        written = self._branch(dataclasses.replace(branch, seed=None), keys)
        if seed is not None:
            written["seed"] = seed
        return packed({**self._tables(), "branch": written}, self._known.share)

    def _tables(self) -> dict[str, Any]:
        tables = {
            "records": self.written,
            "nodes": self.nodes,
            "filters": self.filters,
            "histories": self.histories.written,
            "said": self.histories.messages,
            "prompts": self.prompts.parts(self._message_places),
            "messages": self.messages,
        }
        return {name: table for name, table in tables.items() if table}

    def _place_of(self, record: Record) -> RowPlace | None:
        return self._known.records.get(record.id)

    # --- records: nothing that was paid for is lost --------------------------------------------

    @override
    def _record(self, record: Record) -> dict[str, Any]:
        written = super()._record(record)
        flags = self._flags.get(self._numbers[record.id])
        return {**written, "flags": [*written.get("flags", []), *flags]} if flags else written

    @override
    def _fields(self, fields: Fields, reference: list[Any], at: tuple[Any, ...]) -> Any:
        number: int = reference[0]
        try:
            encoded = encode(dict(fields), at=at)
        except EncodeError:
            encoded = self._what_can_be_written(fields, number if number >= 0 else -1 - number)
        return self.texts.field(encoded, [[self._key, number]])

    def _what_can_be_written(self, fields: Fields, number: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in fields.items():
            problem = _problem_with(value)
            kept[name] = encode(value if problem is None else _shown(value))
            if problem is not None:
                flag = f"{name!r} could not be stored ({problem}); its repr was stored"
                self._flags.setdefault(number, []).append(flag)
        return kept

    @override
    def _made(self, value: Any, at: tuple[Any, ...]) -> Any:
        try:
            return super()._made(value, at)
        except EncodeError:
            return super()._made(_shown(value), at)

    # --- prompts -------------------------------------------------------------------------------

    @override
    def _message(self, message: Message, at: tuple[Any, ...]) -> None:
        known = self._known
        found = known.messages.get(id(message))
        text = text_of(message)
        place = found[0] if found else known.message_texts.get(text) if text else None
        if place is None:
            place = (self._key, len(self.messages))
            if text is None:
                self.messages.append(self._made(message, (*at, "prompt")))
            else:
                self.messages.append([encode(text[0]), *self.texts.parts(text[1])])
                known.message_texts[text] = place
        known.messages[id(message)] = (place, message)

    def _message_places(self, message: Message) -> RowPlace:
        found = self._known.messages.get(id(message))
        if found is None:
            msg = "a prompt holds a message that was not written"
            raise AssertionError(msg)
        return found[0]


def _problem_with(value: Any) -> EncodeError | None:
    try:
        encode(value)
    except EncodeError as problem:
        return problem
    return None


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  # any class may fail to show itself in any way
        return object.__repr__(value)


class _PromptWriter:
    """The runs of prompt messages that a row adds, each behind what earlier rows hold."""

    def __init__(self, known: Known, key: str) -> None:
        self._known, self._key = known, key
        self._parts: list[tuple[_Run[Message], PromptPart]] = []

    def see(self, prompt: Log[Message]) -> list[Message]:
        """Return the messages that no row holds yet."""
        unseen: list[tuple[_Run[Message], int, int]] = []
        for run, length in prompt._reaches():  # pyright: ignore[reportPrivateUsage]
            parts = self._parts_of(run)
            stored = parts[-1].stop if parts else run.start
            if parts and stored >= length:
                break
            unseen.append((run, stored, length))
        found: list[Message] = []
        for run, start, stop in reversed(unseen):
            part = PromptPart((self._key, len(self._parts)), start, stop)
            self._parts.append((run, part))
            self._known.prompts[id(run)] = ((*self._parts_of(run), part), run)
            found += run.items[start - run.start : stop - run.start]
        return found

    def _parts_of(self, run: _Run[Message]) -> tuple[PromptPart, ...]:
        found = self._known.prompts.get(id(run))
        return found[0] if found else ()

    def place(self, prompt: Log[Message]) -> list[Any] | None:
        """Return a prompt that was seen, as row, number and length."""
        return self._at(prompt._run, len(prompt)) if len(prompt) else None  # pyright: ignore[reportPrivateUsage]

    def _at(self, run: _Run[Message], length: int) -> list[Any]:
        for part in self._parts_of(run):
            if part.start < length <= part.stop:
                return [*_near(part.place, self._key), length]
        if run.base is not None and length <= run.start:
            return self._at(run.base._run, length)  # pyright: ignore[reportPrivateUsage]
        msg = "a prompt was not written before it was referred to"
        raise AssertionError(msg)

    def parts(self, place: Any) -> list[list[Any]]:
        """Return this row's runs as base, start and messages."""
        return [
            [
                self._at(run, part.start) if part.start else None,
                part.start,
                [
                    near[0] if len(near := _near(place(message), self._key)) == 1 else near
                    for message in run.items[part.start - run.start : part.stop - run.start]
                ],
            ]
            for run, part in self._parts
        ]


def _near(place: RowPlace, key: str) -> list[Any]:
    """A place as a row writes it: one in the row itself goes without the row's key."""
    return [place[1]] if place[0] == key else list(place)


class _RowHistories(Histories):
    """Histories of one row; the seed of a conversation stands in a row of its own."""

    def __init__(self, texts: Any, known: Known) -> None:
        super().__init__(texts)
        self._seeds = known.seeds

    @override
    def _write(self, history: tuple[Fields, ...]) -> int:
        # What a window saw of the seed is the seed, or its end.
        for number, seed in self._seeds_like(history):
            self.written.append({"seed": number, "from": len(seed) - len(history)})
            return len(self.written) - 1
        return super()._write(history)

    def _seeds_like(self, history: tuple[Fields, ...]) -> list[tuple[int, Any]]:
        if not history:
            return []
        return [
            (number, seed)
            for number, seed in self._seeds.values()
            if len(seed) >= len(history)
            and all(a is b for a, b in zip(reversed(seed), reversed(history), strict=False))
        ]


class VersionRows:
    """Numbers the versions of amendments, and writes each as its difference to the one before.

    Args:
        known: What is stored already.
        kind: ``edits`` or ``marks``.
        encode_one: Returns one amendment as JSON-ready data.
    """

    def __init__(self, known: Known, kind: str, encode_one: Any) -> None:
        self._known, self.kind, self._encode = known, kind, encode_one
        self._table: Any = getattr(known, kind)
        self.base: Edits | Marks | None = None
        """The version that the next one most likely grew from."""
        self.rows: dict[str, str] = {}
        self.said: dict[str, list[Any]] = {}
        """Number of a version to what is new in it."""

    def number(self, version: Mapping[str, Any] | None) -> int:
        """Return the number of a version; it is written now if it is new."""
        if version is None:
            return 0
        if not len(version):
            return 1
        found = self._table.get(id(version))
        if found is not None:
            return found[0]
        counts = self._known.counts
        number = getattr(counts, self.kind)
        setattr(counts, self.kind, number + 1)
        self._write(str(number), version)
        self._table[id(version)] = (number, version)
        self.base = version  # type: ignore[assignment]
        return number

    def _write(self, key: str, version: Mapping[str, Any]) -> None:
        base = self.base
        found = None if base is None else self._table.get(id(base))
        before: Mapping[str, Any] = {} if base is None or found is None else base
        old = {name: id(value) for name, value in before.items()}
        now = {name: id(value) for name, value in version.items()}
        changed = sorted(name for name, _ in now.items() - old.items())
        entry: dict[str, Any] = {name: self._encode(name, version[name]) for name in changed}
        entry.update(dict.fromkeys(sorted(old.keys() - now.keys())))
        data = {"base": found[0] if found else 1, "set": entry}
        self.rows[key] = packed(data, self._known.share)
        self.said[key] = [version[name] for name in changed]
