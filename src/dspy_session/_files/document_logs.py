"""Logs as numbered runs, so that versions which share their past share it in a file, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

# A log's runs are its own business, except for writing them down.
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]
from .tags import Undecodable

T = TypeVar("T")


class LogWriter(Generic[T]):
    """Numbers the runs behind logs, each after the run it continues."""

    def __init__(self) -> None:
        self._runs: list[_Run[T]] = []
        self._lengths: list[int] = []
        """How far each run is read by any log; what lies behind it was undone and is not kept."""
        self._numbers: dict[int, int] = {}

    def see(self, log: Log[T]) -> list[T]:
        """Number the runs behind a log; return the items that no log before it held."""
        if len(log) == 0:
            return []
        unseen: list[tuple[_Run[T], int]] = []
        for run, length in log._reaches():  # pyright: ignore[reportPrivateUsage]
            number = self._numbers.get(id(run))
            if number is not None and self._lengths[number] >= length:
                break
            unseen.append((run, length))
        found: list[T] = []
        for run, length in reversed(unseen):
            number = self._numbers.get(id(run))
            if number is None:
                number = self._numbers[id(run)] = len(self._runs)
                self._runs.append(run)
                self._lengths.append(run.start)
            found += run.items[self._lengths[number] - run.start : length - run.start]
            self._lengths[number] = length
        return found

    def place(self, log: Log[T]) -> list[int] | None:
        """Return a log that was seen as run, length and, where not 0, the first position."""
        if len(log) == 0:
            return None
        number = self._numbers[id(log._run)]  # pyright: ignore[reportPrivateUsage]
        return [number, len(log), log.first] if log.first else [number, len(log)]

    def written(self, numbers: dict[Any, int], key: Any) -> list[list[Any]]:
        """Return all runs as base, start and item numbers; ``key`` finds an item's number."""
        return [
            [
                None if run.base is None else self._numbers[id(run.base._run)],  # pyright: ignore[reportPrivateUsage]
                run.start,
                [numbers[key(item)] for item in run.items[: length - run.start]],
            ]
            for run, length in zip(self._runs, self._lengths, strict=True)
        ]


class LogReader(Generic[T]):
    """Rebuilds logs from numbered runs; the items may come later than the logs."""

    def __init__(self, written: list[Any]) -> None:
        self._runs: list[_Run[T]] = []
        self._stops: list[int] = []
        self._firsts: list[int] = []
        self._items: list[list[int]] = []
        try:
            for entry in written:
                self._add(entry)
        except Undecodable as problem:
            problem.path.append(len(self._runs))
            raise

    def _add(self, entry: Any) -> None:
        if type(entry) is not list or len(entry) != 3:
            raise Undecodable("a run is written as base, start and items")
        base, start, items = entry
        if type(start) is not int or start < 0 or type(items) is not list:
            raise Undecodable("a run is written as base, start and items")
        run: _Run[T] = _Run(None, start, [])
        first = start
        if base is not None:
            if type(base) is not int or not 0 <= base < len(self._runs):
                raise Undecodable(f"run {base!r:.40} does not come before this one")
            behind = self._runs[base]
            if not behind.start <= start <= self._stops[base]:
                raise Undecodable(f"run {base} does not reach to position {start}")
            run.base = Log._view(behind, start, 0)  # pyright: ignore[reportPrivateUsage]
            first = self._firsts[base]
        self._runs.append(run)
        self._stops.append(start + len(items))
        self._firsts.append(first)
        self._items.append(items)

    def log(self, place: Any) -> Log[T]:
        """Return the log at a place that :meth:`LogWriter.place` wrote."""
        if place is None:
            return Log()
        if type(place) is not list or not 2 <= len(place) <= 3:
            raise Undecodable("a log is written as run and length")
        if not all(type(number) is int for number in place):
            raise Undecodable("a log is written as run and length")
        number, length, first = [*place, 0][:3]
        if not 0 <= number < len(self._runs):
            raise Undecodable(f"there is no run {number}")
        start, stop = self._runs[number].start, self._stops[number]
        if not start <= length <= stop or not self._firsts[number] <= first <= length:
            raise Undecodable(f"run {number} has no log from {first} to {length}")
        return Log._view(self._runs[number], length, first)  # pyright: ignore[reportPrivateUsage]

    def fill(self, items: Sequence[T]) -> None:
        """Put the items in, now that they are made."""
        for number, (run, wanted) in enumerate(zip(self._runs, self._items, strict=True)):
            if not all(type(position) is int and 0 <= position < len(items) for position in wanted):
                problem = Undecodable(f"it holds items that are not there; there are {len(items)}")
                problem.path.append(number)
                raise problem
            run.items.extend([items[position] for position in wanted])
