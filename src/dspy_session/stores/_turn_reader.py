"""Turns and their prompts, each read from its row when somebody looks at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .._files.known_types import Types
from .._files.tagged_json import decode
from .._files.tags import Undecodable
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .._tree.record import Record
from ..errors import FileFormatError
from ._damage import LOST_TEXT, Damage, LostMessages, LostRecords
from ._known import Known, PromptPart
from ._lazy import LazyItems, LazyRun, Slot, log_in
from ._row_reader import RowReader
from ._texts import RowTextWriter, unpacked

_READERS_KEPT = 128
"""Rows whose JSON is at hand. Prompts refer to the rows just before; all would be a lot."""

Message = dict[str, Any]
_PromptParts = tuple["Log[Message] | None", int, list[Message]]


class TurnReader:
    """Reads the rows of turns.

    Args:
        rows: Kind of row to key to body.
        types: The classes that may be rebuilt.
        known: Learns what stands where, so that it is never written again.
        damage: What to do about rows that cannot be read.
        tables: ``runs``, ``edits``, ``marks``, ``seeds`` and ``nodes`` of the session, for the
            readers of its rows.
    """

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, str]],
        types: Types,
        known: Known,
        damage: Damage,
        tables: Mapping[str, Any],
    ) -> None:
        self._rows, self._types, self._known, self._damage = rows, types, known, damage
        self._tables = tables
        self._lock = threading.RLock()
        self._readers: dict[str, RowReader] = {}
        self._records: dict[str, list[Record]] = {}
        self._messages: dict[tuple[str, int], Message] = {}
        self._prompt_runs: dict[tuple[str, int], _Run[Message]] = {}

    def row_reader(self, data: Any, row: str = "") -> RowReader:
        """Return a reader of a row's data."""
        tables = {**self._tables, "prompts": _Prompts(self, row)}
        return RowReader(data, self._types, self, tables)

    # --- turns ---------------------------------------------------------------------------------

    def records(self, row: str) -> list[Record]:
        """Return the records in a turn's row, the turn first."""
        with self._lock:
            found = self._records.get(row)
            if found is None:
                found = self._damage.guarded("turn", row, lambda: self._reader(row).records())
                if found is None:
                    found = LostRecords(row)
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
            found = self._readers[row] = self.row_reader(data, row)
            if len(self._readers) > _READERS_KEPT:
                del self._readers[next(iter(self._readers))]
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
        return self._damage.lost(problem)

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
            parts = self._damage.guarded("turn", row, lambda: self._prompt_items(row, number))
            return parts if parts is not None else (None, 0, LostMessages())

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
                    message = self._damage.guarded(
                        "turn", row, lambda: self._reader(row).message(number)
                    ) or {"role": "user", "content": LOST_TEXT}
                    self._messages[row, number] = message
                    self._known.learn_message(message, (row, number))
                return message

        return load


class _Prompts:
    """The prompts, for the reader of one row."""

    def __init__(self, reader: TurnReader, row: str) -> None:
        self._reader, self._row = reader, row

    def log(self, place: Any) -> Log[Message]:
        """Return the prompt at a place that the row names."""
        if place is None:
            return Log()
        row, number, length = place if len(place) == 3 else (self._row, *place)
        return self._reader.prompt(row, number, length)
