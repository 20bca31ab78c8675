"""Logs whose items are read from their rows when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex, TypeVar, overload

from typing_extensions import override

# How logs share their past is their own business, except for storing it.
from .._tree.log import Log, _Run  # pyright: ignore[reportPrivateUsage]

T = TypeVar("T")


class Slot:
    """Stands in a list for an item that is not read yet."""

    __slots__ = ("load",)

    def __init__(self, load: Callable[[], Any]) -> None:
        self.load = load


class LazyItems(list[T]):
    """A list in which a :class:`Slot` is replaced by its item when the item is asked for."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    @override
    def __getitem__(self, index: SupportsIndex | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        item: Any = super().__getitem__(index)
        if type(item) is Slot:
            item = item.load()
            self[index] = item
        return item

    @override
    def __iter__(self) -> Iterator[T]:
        position = 0
        while position < len(self):
            yield self[position]
            position += 1

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)


class LazyRun(_Run[T]):
    """A run that knows its base, start and items only when one of them is asked for."""

    __slots__ = ("_load", "_loaded")

    def __init__(self, load: Callable[[], tuple[Log[T] | None, int, list[T]]]) -> None:
        self._load = load
        self._loaded: tuple[Log[T] | None, int, list[T]] | None = None
        self.positions = None

    def _parts(self) -> tuple[Log[T] | None, int, list[T]]:
        if self._loaded is None:
            loaded = self._load()
            if self._loaded is None:  # another thread may have been first, and appended since
                self._loaded = loaded
        return self._loaded

    @property
    def base(self) -> Log[T] | None:  # type: ignore[override]  # a slot of the class behind
        """The log that this run continues."""
        return self._parts()[0]

    @property
    def start(self) -> int:  # type: ignore[override]
        """Position of the first item."""
        return self._parts()[1]

    @property
    def items(self) -> list[T]:  # type: ignore[override]
        """The items of this run alone."""
        return self._parts()[2]

    def __reduce__(self) -> Any:
        base, start, items = self._parts()
        return _Run, (base, start, list(items))


def log_in(run: _Run[T], length: int, first: int = 0) -> Log[T]:
    """Return the log that ends in a run, without looking at the runs behind it."""
    log: Log[T] = Log.__new__(Log)
    log._run, log._length, log.first = run, length, first  # pyright: ignore[reportPrivateUsage]
    return log
