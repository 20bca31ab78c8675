"""The rows of a session as a conversation again; each turn is read when somebody looks at it."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from rpds import HashTrieMap

from .._files.document_reader import check_family, read_mark
from .._files.known_types import Types
from .._files.tagged_json import decode
from .._files.tags import Undecodable, path_text
from .._tree.amendments import NO_EDITS, NO_MARKS
from .._tree.branch import Branch
from .._tree.conversation import Conversation
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .._tree.record import ROOT, Record, Window
from .._tree.values import Fields
from ..errors import DamagedRowError, DspySessionError, FileFormatError
from ._known import Counts, Known, PromptPart
from ._lazy import LazyItems, LazyRun, Slot, log_in
from ._row_reader import RowReader
from ._texts import RowTextWriter, unpacked
from ._values import Problem, StoredSession

OnCorrupt = Literal["raise", "skip"]
Message = dict[str, Any]
T = TypeVar("T")

_logger = logging.getLogger("dspy_session")
_LOST = "[unreadable]"


class ConversationReader:
    """Reads one stored session.

    Args:
        stored: All that is stored of it.
        types: The classes that may be rebuilt.
        known: Learns what stands where, so that it is never written again.
        on_corrupt: ``"raise"``: a damaged row raises when it is read. ``"skip"``: it is reported,
            and an empty turn, or no amendment, takes its place.
    """

    def __init__(
        self, stored: StoredSession, types: Types, known: Known, on_corrupt: OnCorrupt = "raise"
    ) -> None:
        self.session_id = stored.info.session_id
        self.problems: list[Problem] = []
        self._types, self._known, self._skips = types, known, on_corrupt == "skip"
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, str]] = {}
        for row in stored.rows:
            self._rows.setdefault(row.kind, {})[row.key] = row.body
        self._readers: dict[str, RowReader] = {}
        self._records: dict[str, list[Record]] = {}
        self._messages: dict[tuple[str, int], Message] = {}
        self._prompt_runs: dict[tuple[str, int], _Run[Message]] = {}
        self._seeds: dict[int, tuple[Fields, ...]] = {}
        self._versions: dict[str, dict[int, Any]] = {
            "edits": {0: None, 1: NO_EDITS},
            "marks": {0: None, 1: NO_MARKS},
        }
        self._runs: dict[int, _Run[Record]] = {}
        self._tables = {
            "runs": _Runs(self),
            "prompts": None,
            "edits": _Table(lambda number: self._version("edits", number)),
            "marks": _Table(lambda number: self._version("marks", number)),
            "seeds": _Table(self._seed),
        }
        self._layout = stored.info.layout

    # --- the whole -----------------------------------------------------------------------------

    def conversation(self) -> Conversation:
        """Return the conversation.

        Raises:
            DamagedRowError: A branch or another row that all depend on cannot be read.
        """
        with self._lock:
            counts = self._guarded("session", "", self._counts) or self._counted()
            self._known.start_from(counts)
            self._known.learn_shared(self._rows.get("text", {}))
            self._make_runs()
            branches = self._branches()
        conversation = Conversation(branches[0])
        conversation.restore(branches, counts.made)
        return conversation

    def everything(self) -> None:
        """Read every row of every turn, which reports or raises what is damaged."""
        for key in self._rows.get("turn", {}):
            for record in self.records(key):
                for request in record.all_requests():
                    self._guarded("turn", key, lambda request=request: list(request.prompt))
        for kind in ("edits", "marks"):
            for key in self._rows.get(kind, {}):
                self._version(kind, int(key))

    def _counts(self) -> Counts:
        layout = json.loads(self._layout) if self._layout else {}
        return Counts(**{name: int(value) for name, value in layout.items()})

    def _counted(self) -> Counts:
        """What the counts must be at least, judged by the rows."""

        def behind(kind: str, least: int) -> int:
            return max([least, *(int(key) + 1 for key in self._rows.get(kind, {}))])

        return Counts(
            made=1_000_000,  # only ever compared with others
            runs=behind("run", 0),
            edits=behind("edits", 2),
            marks=behind("marks", 2),
            seeds=behind("seed", 0),
            aliases=behind("alias", 0),
        )

    def _branches(self) -> list[Branch]:
        found: list[Branch] = []
        for key, body in self._rows.get("branch", {}).items():
            branch = self._guarded("branch", key, lambda key=key, body=body: self._branch(key, body))
            if branch is not None:
                found.append(branch)
        keys = {branch.key for branch in found}
        found = [
            branch if branch.parent in keys else dataclasses.replace(branch, parent=None)
            for branch in found
        ]
        found.sort(key=lambda branch: branch.order)
        if not found:
            raise self._damaged("branch", "", "none of its branches can be read")
        self._guarded("branch", "", lambda: check_family(found))
        return found

    def _branch(self, key: str, body: str) -> Branch:
        data = unpacked(body, self.shared_text)
        reader = RowReader(data, self._types, self, {**self._tables, "prompts": _Prompts(self, "")})
        branch = reader.branch()
        if branch.key != key:
            raise Undecodable(f"it holds the branch {branch.key!r:.40}")
        seed = data["branch"].get("seed")
        return branch if seed is None else dataclasses.replace(branch, seed=self._seed(seed))

    # --- logs ----------------------------------------------------------------------------------

    def _make_runs(self) -> None:
        """Make every run, with a slot for each record."""
        places: dict[int, dict[int, tuple[str, int]]] = {}
        ids: dict[int, dict[str, int]] = {}
        for key, body in self._rows.get("turn", {}).items():
            run, position = _numbers(key)
            places.setdefault(run, {})[position] = (key, 0)
            head = self._guarded("turn", key, lambda body=body: json.loads(body.split("\n", 1)[0]))
            if type(head) is list and head:
                ids.setdefault(run, {})[str(head[0])] = position
                self._known.records.learn(str(head[0]), (key, 0))
                for number, at, record in head[1:]:
                    places.setdefault(number, {})[at] = (key, record)
        for key, body in self._rows.get("alias", {}).items():
            for run, position, row, record in self._guarded(
                "alias", key, lambda body=body: json.loads(body)
            ) or ():
                places.setdefault(run, {})[position] = (row, record)
        bodies = self._rows.get("run", {})
        for key in sorted(bodies, key=int):
            self._guarded(
                "run", key, lambda key=key: self._make_run(int(key), bodies[key], places, ids)
            )

    def _make_run(
        self,
        number: int,
        body: str,
        places: dict[int, dict[int, tuple[str, int]]],
        ids: dict[int, dict[str, int]],
    ) -> None:
        data = json.loads(body)
        start: int = data["start"]
        here = places.get(number, {})
        stop = 1 + max(here, default=start - 1)
        items: LazyItems[Record] = LazyItems()
        for position in range(start, stop):
            row, record = here.get(position, (f"{number}:{position}", 0))
            items.append(Slot(self._record_loader(row, record)))  # type: ignore[arg-type]
        base = None if data["base"] is None else self.log(data["base"])
        run: _Run[Record] = _Run(base, start, items)
        found = ids.get(number, {})
        if len(found) == len(items):
            run.positions = dict(found)
        self._runs[number] = run
        self._known.runs.learn(id(run), (number, run))
        self._known.placed.learn(number, len(items))

    def _record_loader(self, row: str, number: int) -> Callable[[], Record]:
        return lambda: self.records(row)[number]

    def log(self, place: Any) -> Log[Record]:
        """Return the log at a place that a row names."""
        if place is None:
            return Log()
        number, length, first = [*place, 0][:3]
        run = self._runs.get(number)
        if run is None:
            raise Undecodable(f"it speaks of run {number!r:.40}, which is not there")
        missing = length - run.start - len(run.items)
        for position in range(length - missing, length):  # their rows are gone
            slot: Any = Slot(self._record_loader(f"{number}:{position}", 0))
            run.items.append(slot)
        return log_in(run, length, first)

    # --- turns ---------------------------------------------------------------------------------

    def records(self, row: str) -> list[Record]:
        """Return the records in a turn's row, the turn first."""
        with self._lock:
            found = self._records.get(row)
            if found is None:
                found = self._guarded("turn", row, lambda: self._reader(row).records())
                if found is None:
                    found = _Placeholders(self.session_id, row)
                else:
                    self._learn(row, found)
                self._records[row] = found
            return found

    def _learn(self, row: str, records: list[Record]) -> None:
        """Remember what the row holds: the next rows refer to it."""
        texts: RowTextWriter = self._known.texts
        texts.row = row
        for number, record in enumerate(records):
            self._known.records.learn(record.id, (row, number))
            data = self.record_json(row, number)
            texts.field(data.get("inputs"), [[row, number]])
            texts.field(data.get("outputs"), [[row, -1 - number]])

    def _reader(self, row: str) -> RowReader:
        found = self._readers.get(row)
        if found is None:
            body = self._rows.get("turn", {}).get(row)
            if body is None:
                raise Undecodable("it is missing")
            data = unpacked(body.split("\n", 1)[1], self.shared_text)
            tables = {**self._tables, "prompts": _Prompts(self, row)}
            found = self._readers[row] = RowReader(data, self._types, self, tables)
        return found

    def record_json(self, row: str, number: int) -> Any:
        """Return a record of a turn's row as it stands there."""
        return self._reader(row).json["records"][number]

    def shared_text(self, key: str) -> str:
        """Return the text with a row of its own."""
        body = self._rows.get("text", {}).get(key)
        try:
            text = None if body is None else decode(json.loads(body), {})
        except (ValueError, FileFormatError):
            text = None
        if type(text) is not str:
            problem = Undecodable(f"it needs row text {key:.40}, which is missing or damaged")
            return self.lost(problem)
        return text

    def lost(self, problem: Undecodable) -> str:
        """Return what to read in place of a text that is gone, or raise the problem."""
        if self._skips:
            return _LOST
        raise problem

    # --- prompts -------------------------------------------------------------------------------

    def prompt(self, row: str, number: int, length: int) -> Log[Message]:
        """Return a prompt by the place where its last message stands."""
        run = self._prompt_runs.get((row, number))
        if run is None:
            run = LazyRun[Message](lambda: self._prompt_parts(row, number))
            self._prompt_runs[row, number] = run
            # Where it begins and ends is known once it is read; only then can it be referred to.
        return log_in(run, length)

    def _prompt_parts(
        self, row: str, number: int
    ) -> tuple[Log[Message] | None, int, list[Message]]:
        with self._lock:
            parts = self._guarded("turn", row, lambda: self._prompt_items(row, number))
            return parts if parts is not None else (None, 0, _Lost())

    def _prompt_items(
        self, row: str, number: int
    ) -> tuple[Log[Message] | None, int, list[Message]]:
        base, start, wanted = self._reader(row).json["prompts"][number]
        items: Any = LazyItems[Message]()
        for one in wanted:
            there, n = (row, one) if type(one) is int else one
            items.append(Slot(self._message_loader(there, n)))
        behind = None if base is None else _Prompts(self, row).log(base)
        run = self._prompt_runs[row, number]
        part = PromptPart((row, number), start, start + len(items))
        self._known.prompts.learn(id(run), ((part,), run))
        return behind, start, items

    def _message_loader(self, row: str, number: int) -> Callable[[], Message]:
        def load() -> Message:
            with self._lock:
                message = self._messages.get((row, number))
                if message is None:
                    message = self._guarded(
                        "turn", row, lambda: self._reader(row).message(number)
                    ) or {"role": "user", "content": _LOST}
                    self._messages[row, number] = message
                    self._known.learn_message(message, (row, number))
                return message

        return load

    # --- amendments and seeds --------------------------------------------------------------------

    def _version(self, kind: str, number: int) -> Any:
        """Return a version of the edits or marks, and first those it was made from."""
        known = self._versions[kind]
        waiting = [number]
        with self._lock:
            while waiting:
                wanted = waiting[-1]
                if wanted in known:
                    waiting.pop()
                    continue
                data = self._guarded(kind, str(wanted), lambda wanted=wanted: self._json(kind, wanted))
                base = data["base"] if type(data) is dict else 1
                if base not in known and type(base) is int and base < wanted:
                    waiting.append(base)
                    continue
                known[wanted] = self._changed(kind, wanted, known.get(base), data)
                table: Any = getattr(self._known, kind)
                table.learn(id(known[wanted]), (wanted, known[wanted]))
        return known[number]

    def _json(self, kind: str, number: int) -> dict[str, Any]:
        body = self._rows.get(kind, {}).get(str(number))
        if body is None:
            raise Undecodable("it is missing")
        data = unpacked(body, self.shared_text)
        if type(data["base"]) is not int or type(data["set"]) is not dict:
            raise Undecodable("a version is written as its base and what it sets")
        return data

    def _changed(self, kind: str, number: int, base: Any, data: Any) -> HashTrieMap[str, Any]:
        version: HashTrieMap[str, Any] = HashTrieMap() if base is None else base
        reader = RowReader({}, self._types, self, {**self._tables, "prompts": None})
        read: Callable[[str, Any], Any] = reader.edit if kind == "edits" else read_mark
        for name, value in (data or {"set": {}})["set"].items():
            if value is None:
                version = version.discard(name) if name in version else version
                continue
            amended = self._guarded(
                kind, str(number), lambda name=name, value=value: read(name, value)
            )
            if amended is not None:
                version = version.insert(name, amended)
        return version

    def _seed(self, number: int) -> tuple[Fields, ...]:
        if number not in self._seeds:
            self._seeds[number] = (
                self._guarded("seed", str(number), lambda: self._read_seed(number)) or ()
            )
            seed = self._seeds[number]
            self._known.seeds.learn(id(seed), (number, seed))
        return self._seeds[number]

    def _read_seed(self, number: int) -> tuple[Fields, ...]:
        body = self._rows.get("seed", {}).get(str(number))
        if body is None:
            raise Undecodable("it is missing")
        return tuple(decode(one, self._types) for one in unpacked(body, self.shared_text))

    # --- damage --------------------------------------------------------------------------------

    def _guarded(self, kind: str, key: str, work: Callable[[], T]) -> Any:
        """Do some work on a row; what is wrong with it is told with the row's name."""
        try:
            return work()
        except Undecodable as problem:
            what = f"{path_text(problem.path[::-1])}: {problem.reason}".removeprefix(": ")
        except DamagedRowError:
            raise
        except DspySessionError as problem:
            what = str(problem)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            what = f"{type(problem).__name__}: {problem!s:.200}"
        except RecursionError:
            what = "it is nested too deeply"
        error = self._damaged(kind, key, what)
        if not self._skips:
            raise error
        self.problems.append(Problem(self.session_id, f"{kind} {key}".strip(), what))
        _logger.warning("%s; it was skipped", error)
        return None

    def _damaged(self, kind: str, key: str, what: str) -> DamagedRowError:
        row = f"row {kind} {key}".rstrip() if kind != "session" else "its header"
        msg = (
            f"session {self.session_id!r}: {row} cannot be read: {what}. "
            f"Open it with on_corrupt='skip' to read the rest"
        )
        return DamagedRowError(msg)


class _Table(Sequence[Any]):
    """A table of the session that is read entry by entry."""

    def __init__(self, get: Callable[[int], Any]) -> None:
        self._get = get

    def __len__(self) -> int:
        return 2**53

    def __getitem__(self, number: Any) -> Any:
        return self._get(number)


class _Runs:
    """The logs of records, for the readers of rows."""

    def __init__(self, reader: ConversationReader) -> None:
        self.log = reader.log


class _Prompts:
    """The prompts, for the reader of one row."""

    def __init__(self, reader: ConversationReader, row: str) -> None:
        self._reader, self._row = reader, row

    def log(self, place: Any) -> Log[Message]:
        """Return the prompt at a place that the row names."""
        if place is None:
            return Log()
        row, number, length = place if len(place) == 3 else (self._row, *place)
        return self._reader.prompt(row, number, length)


class _Placeholders(list[Record]):
    """Empty records in place of those in a row that cannot be read."""

    def __init__(self, session_id: str, row: str) -> None:
        super().__init__()
        self._row = row

    def __getitem__(self, number: Any) -> Any:
        import datetime

        flag = f"row turn {self._row} of the store cannot be read; this turn is lost"
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return Record(
            f"lost-{self._row}-{number}", ROOT, {}, {}, Window(), epoch, source="lost", flags=(flag,)
        )


class _Lost(list[Message]):
    """Messages in place of those that cannot be read."""

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[0] for _ in range(number.start or 0, number.stop or 0)]
        return {"role": "user", "content": _LOST}


def _numbers(key: str) -> tuple[int, int]:
    run, _, position = key.partition(":")
    return int(run), int(position)
