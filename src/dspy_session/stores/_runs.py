"""Logs in rows: numbered runs, and where in them each record has its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .._tree.record import Record
from ._known import Known, RowPlace


class RunWriter:
    """Numbers the runs of a batch and collects their rows."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.rows: dict[str, str] = {}
        """Key to body of the rows of new runs."""
        self.aliases: list[list[Any]] = []
        """``[run, position, row, record]`` for records that stand in another turn's row."""

    def number(self, run: _Run[Record]) -> int:
        """Return the number of a run, a new one if it has none."""
        known = self._known
        found = known.runs.get(id(run))
        if found is not None:
            return found[0]
        base = None if run.base is None else self.place(run.base)
        number = known.counts.runs
        known.counts.runs += 1
        known.runs[id(run)] = (number, run)
        self.rows[str(number)] = json.dumps({"base": base, "start": run.start})
        return number

    def place(self, log: Log[Record]) -> list[int] | None:
        """Return a log as run, length and, where not 0, the first position in sight."""
        if len(log) == 0:
            return None
        number = self.number(log._run)  # pyright: ignore[reportPrivateUsage]
        return [number, len(log), log.first] if log.first else [number, len(log)]

    def unplaced(self, log: Log[Record]) -> list[tuple[int, int, Record]]:
        """Return run, position and record of what has no place yet, which it has from now on."""
        found: list[tuple[int, int, Record]] = []
        for run, length in reversed(list(log._reaches())):  # pyright: ignore[reportPrivateUsage]
            number = self.number(run)
            placed = self._known.placed.get(number) or 0
            if run.start + placed < length:
                self._known.placed[number] = length - run.start
                found += [
                    (number, position, run.items[position - run.start])
                    for position in range(run.start + placed, length)
                ]
        return found

    def for_row(self, place_of: Callable[[Record], RowPlace | None], key: str) -> RowRuns:
        """Return what the writer of one row needs."""
        return RowRuns(self, place_of, key)


class RowRuns:
    """The ledgers that a row speaks of.

    Args:
        runs: Numbers the runs.
        place_of: Returns where a record stands.
        key: Key of the row.
    """

    def __init__(
        self, runs: RunWriter, place_of: Callable[[Record], RowPlace | None], key: str
    ) -> None:
        self._runs, self._place_of, self._key = runs, place_of, key
        self.placements: list[list[int]] = []
        """``[run, position, record]`` for the nested calls that this row adds to ledgers."""

    def see(self, log: Log[Record]) -> list[Record]:
        """Give every record of a ledger its place; none is left to write."""
        for number, position, record in self._runs.unplaced(log):
            place = self._place_of(record)
            if place is None:
                msg = f"a ledger holds the call {record.id}, which belongs to no turn"
                raise AssertionError(msg)
            if place[0] == self._key:
                self.placements.append([number, position, place[1]])
            else:
                self._runs.aliases.append([number, position, *place])
        return []

    def place(self, log: Log[Record]) -> list[int] | None:
        """Return a log as run, length and first position."""
        return self._runs.place(log)
