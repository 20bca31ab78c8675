"""An append-only sequence whose versions share their past."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# Appending is the one place where two versions that share a run could meet, e.g. a session and its
# fork in two threads. The critical section is a few instructions, so one lock serves all logs.
_APPEND = threading.Lock()

_MAPPINGS = 8
"""The most mappings that a run keeps; the oldest go first."""


class _Run(Generic[T]):
    """A run of items behind ``base``; grows at its end only, so every shorter view stays true."""

    __slots__ = ("base", "items", "mapped", "positions", "start")

    def __init__(self, base: Log[T] | None, start: int, items: list[T]) -> None:
        self.base = base
        self.start = start
        self.items = items
        self.positions: dict[Any, int] | None = None
        self.mapped: dict[Hashable, list[Any]] = {}

    def mapped_to(self, length: int, name: Hashable, make: Callable[[T], Any]) -> list[Any]:
        """Return what was made of the items, at least the first ``length``; longer by need."""
        with _APPEND:
            if name not in self.mapped:
                if len(self.mapped) >= _MAPPINGS:
                    del self.mapped[next(iter(self.mapped))]
                self.mapped[name] = []
            made = self.mapped[name]
        while (known := len(made)) < length:
            more = [make(item) for item in self.items[known:length]]
            with _APPEND:
                if len(made) == known:  # no other thread was quicker
                    made += more
        return made


class Log(Generic[T]):
    """An immutable sequence with cheap versions: append, go back and fork cost O(1).

    A log is a *run* of items and a length. Appending to the newest version of a run extends the
    run in place, which no other version can see; appending to an older one begins a new run behind
    it. Reading an item costs O(depth of forks), usually 1.

    ``first`` is the position of the oldest item that is still kept; positions never shift.
    """

    __slots__ = ("_length", "_run", "first")

    def __init__(self, items: Iterable[T] = ()) -> None:
        kept = list(items)
        self._run: _Run[T] = _Run(None, 0, kept)
        self._length = len(kept)
        self.first = 0

    @classmethod
    def _view(cls, run: _Run[T], length: int, first: int) -> Log[T]:
        while run.base is not None and length <= run.start:
            run = run.base._run
        view: Log[T] = cls.__new__(cls)
        view._run, view._length, view.first = run, length, min(first, length)
        return view

    def __len__(self) -> int:
        """Positions in the log, those of forgotten items included."""
        return self._length

    def append(self, item: T) -> Log[T]:
        """Return this log with one more item."""
        run = self._run
        with _APPEND:
            if run.start + len(run.items) == self._length:
                run.items.append(item)
                return self._view(run, self._length + 1, self.first)
        return self._view(_Run(self, self._length, [item]), self._length + 1, self.first)

    def apart(self) -> Log[T]:
        """Return this log with a run of its own to grow in, for items that may be thrown away."""
        view = self._view(self._run, self._length, self.first)
        view._run = _Run(self, self._length, [])
        return view

    def replaced(self, change: Callable[[T], T]) -> Log[T]:
        """Return a log with other items at the same positions, those out of sight too."""
        oldest = self._oldest_position()
        items = [change(item) for item in self.reaching_back_to(oldest)]
        return self._view(_Run(None, oldest, items), self._length, self.first)

    def extend(self, items: Iterable[T]) -> Log[T]:
        """Return this log with some more items."""
        run, more = self._run, list(items)
        if not more:
            return self
        length = self._length + len(more)
        with _APPEND:
            if run.start + len(run.items) == self._length:
                run.items.extend(more)
                return self._view(run, length, self.first)
        return self._view(_Run(self, self._length, more), length, self.first)

    def before(self, length: int) -> Log[T]:
        """Return the log as it was when it had ``length`` items."""
        if not self.first <= length <= self._length:
            msg = f"length {length} is outside {self.first}..{self._length}"
            raise IndexError(msg)
        return self._view(self._run, length, self.first)

    def __getitem__(self, position: int) -> T:
        if not self.first <= position < self._length:
            msg = f"position {position} is outside {self.first}..{self._length - 1}"
            raise IndexError(msg)
        run = self._run
        while position < run.start:
            run = run.base._run  # type: ignore[union-attr]  # a run that starts later has a base
        return run.items[position - run.start]

    def __iter__(self) -> Iterator[T]:
        return iter(self.between(self.first, self._length))

    def between(self, start: int, stop: int) -> list[T]:
        """Return the items at positions ``start`` to ``stop`` (excluded) that are kept."""
        return self._parts(max(start, self.first), stop, lambda run, _: run.items)

    def mapped(self, start: int, stop: int, name: Hashable, make: Callable[[T], Any]) -> list[Any]:
        """Return ``make(item)`` for the items at positions ``start`` to ``stop`` (excluded).

        Also for items out of sight, as far as they are kept. What was made is kept with the items
        under that name, for every version that shares them: a name stands for one ``make``.
        """
        start = max(start, self._oldest_position())
        return self._parts(start, stop, lambda run, length: run.mapped_to(length, name, make))

    def _parts(self, start: int, stop: int, of: Callable[[_Run[T], int], list[Any]]) -> list[Any]:
        """Join pieces of lists that are as long as the runs they belong to."""
        stop = min(stop, self._length)
        parts: list[list[Any]] = []
        run: _Run[T] = self._run
        while stop > start:
            if stop > run.start:
                items = of(run, stop - run.start)
                parts.append(items[max(start - run.start, 0) : stop - run.start])
                stop = run.start
            if run.base is None:
                break
            run = run.base._run
        return parts[0] if len(parts) == 1 else [item for part in reversed(parts) for item in part]

    @property
    def last(self) -> T | None:
        """The newest item, or None when none is kept."""
        return self[self._length - 1] if self._length > self.first else None

    def shared_with(self, other: Log[T]) -> int:
        """Return how many leading positions the two logs have in common."""
        reach = dict(self._reaches())
        for run, length in other._reaches():
            if run in reach:
                return min(length, reach[run])
        return 0

    def _reaches(self) -> Iterator[tuple[_Run[T], int]]:
        """Each run behind this log, newest first, with the length up to which it is followed."""
        run, length = self._run, self._length
        while True:
            yield run, length
            if run.base is None:
                return
            length = min(length, run.start)
            run = run.base._run

    def position_of(self, name: object, key: Callable[[T], object]) -> int | None:
        """Return the position of the item whose ``key`` is ``name``, or None.

        Costs O(1) after the first look-up. All look-ups of one log must use the same key.
        """
        for run, length in self._reaches():
            if run.positions is None:
                run.positions = {}
            if (known := len(run.positions)) < len(run.items):
                keys = map(key, run.items[known:])
                run.positions.update(zip(keys, itertools.count(run.start + known), strict=False))
            position = run.positions.get(name)
            if position is not None and self.first <= position < length:
                return position
        return None

    def forget_before(self, first: int, *, keep_from: int | None = None) -> Log[T]:
        """Return the log with items before ``first`` out of sight; ``len`` stays the same.

        Items from ``keep_from`` on (default: ``first``) stay in memory. They are copied into a run
        of their own only when at least half of the old one is waste, so that forgetting one item
        per append costs O(1) on average.
        """
        first = max(first, self.first)
        kept_from = min(first if keep_from is None else keep_from, first)
        run_start = self._oldest_position()
        if 2 * (kept_from - run_start) < self._length - run_start:
            return self._view(self._run, self._length, first)
        everything = self._view(self._run, self._length, 0)
        everything.first = run_start
        run: _Run[T] = _Run(None, kept_from, everything.between(kept_from, self._length))
        return self._view(run, self._length, first)

    def reaching_back_to(self, first: int) -> Log[T]:
        """Return the log with items from ``first`` on in sight again, as far as they are kept."""
        view = self._view(self._run, self._length, self._length)
        view.first = max(min(first, self._length), self._oldest_position())
        return view

    def _oldest_position(self) -> int:
        run: _Run[T] = self._run
        while run.base is not None:
            run = run.base._run
        return run.start

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        return len(self) == len(other) and self.first == other.first and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Log({list(self)!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Log[T]:
        return self
