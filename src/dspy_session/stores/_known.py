"""What of a conversation in memory is in the store already, and under which name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from .._tree.log import _Run  # pyright: ignore[reportPrivateUsage]
from ._texts import RowTextWriter, digest_of

K = TypeVar("K")
V = TypeVar("V")

RowPlace = tuple[str, int]
"""Key of a turn's row, and a number in one of its tables."""


class Staged(Generic[K, V]):
    """A dict whose newest entries count only once they are kept."""

    __slots__ = ("_kept", "_new")

    def __init__(self) -> None:
        self._kept: dict[K, V] = {}
        self._new: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value, or None."""
        found = self._new.get(key)
        return self._kept.get(key) if found is None else found

    def __setitem__(self, key: K, value: V) -> None:
        self._new[key] = value

    def values(self) -> list[V]:
        """Return all values, in the order in which they came."""
        return list({**self._kept, **self._new}.values())

    def learn(self, key: K, value: V) -> None:
        """Add an entry that is in the store for sure."""
        self._kept[key] = value

    def keep(self) -> None:
        """Let the new entries count."""
        self._kept.update(self._new)
        self._new.clear()

    def drop(self) -> None:
        """Forget the new entries."""
        self._new.clear()


@dataclasses.dataclass(frozen=True, slots=True)
class PromptPart:
    """Messages ``start`` to ``stop`` of a run of prompt messages, and where they are stored."""

    place: RowPlace
    start: int
    stop: int


@dataclasses.dataclass(slots=True)
class Counts:
    """How many of each kind were ever made; new ones get the next number."""

    made: int = 1
    runs: int = 0
    edits: int = 2
    """0 stands for none, 1 for an empty map; so with marks."""
    marks: int = 2
    seeds: int = 0
    aliases: int = 0


def text_of(message: dict[str, Any]) -> tuple[str, str] | None:
    """Return role and content of a message that consists of these, as most do."""
    role, content = message.get("role"), message.get("content")
    if type(role) is str and type(content) is str and list(message) == ["role", "content"]:
        return role, content
    return None


class Known:
    """Names of what is stored, by identity: values never change, so the same object is the same.

    Objects are held here, because an id is only unique while its object lives.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self._kept_counts = dataclasses.replace(self.counts)
        self.runs: Staged[int, tuple[int, _Run[Any]]] = Staged()
        self.placed: Staged[int, int] = Staged()
        """Number of a run to how many of its items have a place in the store."""
        self.records: Staged[str, RowPlace] = Staged()
        self.edits: Staged[int, tuple[int, Any]] = Staged()
        self.marks: Staged[int, tuple[int, Any]] = Staged()
        self.seeds: Staged[int, tuple[int, Any]] = Staged()
        self.prompts: Staged[int, tuple[tuple[PromptPart, ...], Any]] = Staged()
        self.messages: Staged[int, tuple[RowPlace, Any]] = Staged()
        self.message_texts: Staged[tuple[str, str], RowPlace] = Staged()
        self.shared: Staged[str, str] = Staged()
        """Keys of texts with rows of their own."""
        self._tables: tuple[Staged[Any, Any], ...] = (
            self.runs, self.placed, self.records, self.edits, self.marks, self.seeds,
            self.prompts, self.messages, self.message_texts, self.shared,
        )  # fmt: skip
        self._new_texts: dict[str, str] = {}
        self.texts = RowTextWriter(self.share)

    def share(self, text: str) -> str:
        """Make sure that a text has a row of its own; return its key."""
        key = digest_of(text)
        if self.shared.get(key) is None:
            self.shared[key] = key
            self._new_texts[key] = text
        return key

    def new_texts(self) -> dict[str, str]:
        """Return the texts that need a row in this batch, by key."""
        return self._new_texts

    def learn_shared(self, keys: Iterable[str]) -> None:
        """The texts with these keys have rows of their own."""
        for key in keys:
            self.shared.learn(key, key)

    def learn_message(self, message: dict[str, Any], place: RowPlace) -> None:
        """A message of a prompt stands in a row."""
        self.messages.learn(id(message), (place, message))
        text = text_of(message)
        if text is not None:
            self.message_texts.learn(text, place)

    def keep(self) -> None:
        """The batch was written: what is new is in the store."""
        for table in self._tables:
            table.keep()
        self._new_texts = {}
        self._kept_counts = dataclasses.replace(self.counts)

    def drop(self) -> None:
        """The batch was not written: what is new is not in the store."""
        for table in self._tables:
            table.drop()
        self._new_texts = {}
        self.counts = dataclasses.replace(self._kept_counts)
        # It may refer to rows that never came to be.
        self.texts = RowTextWriter(self.share)

    def start_from(self, counts: Counts) -> None:
        """Number on from where the store is."""
        self.counts = counts
        self._kept_counts = dataclasses.replace(counts)
