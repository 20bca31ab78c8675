"""Two turns at the same depth of two branches, field by field and number by number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .._as_text import as_text
from .._beginning import beginning
from .._tree.values import Fields, frozen_copy, same_value
from .._turns import Turn
from ._words import DiffPart, word_diff

Side = Literal["left", "right"]

_LOOKED_AT = 50_000
"""Characters of a value that is no text, for a quick comparison."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A number on both sides; None where a side has none."""

    left: float | None
    right: float | None

    @property
    def delta(self) -> float | None:
        """How much more the right side has; None when a side has no number."""
        return None if self.left is None or self.right is None else self.right - self.left


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class ComparedField:
    """One field of two turns."""

    name: str
    kind: Literal["input", "output"]
    changed: bool
    """Whether the values differ; a value that does not say plainly that it is equal does."""
    only: Side | None
    """The side that has the field when the other has not."""
    _left: Any
    _right: Any

    @property
    def left(self) -> Any:
        """The left value, outputs as edited; None when ``only`` is ``"right"``."""
        return frozen_copy(self._left)

    @property
    def right(self) -> Any:
        """The right value, outputs as edited; None when ``only`` is ``"left"``."""
        return frozen_copy(self._right)

    @property
    def parts(self) -> list[DiffPart]:
        """The word diff from left to right: ``(kind, text)`` in reading order.

        ``kind`` is ``"same"``, ``"removed"`` (left only) or ``"added"`` (right only). Values that
        are no texts are compared as JSON.
        """
        left = "" if self.only == "right" else as_text(self._left)
        right = "" if self.only == "left" else as_text(self._right)
        return word_diff(left, right)

    def quick_parts(self) -> tuple[list[DiffPart], int]:
        """Return the word diff, and how many characters were not looked at.

        Unlike :attr:`parts` this is quick however long the values are: of long ones that are no
        texts it looks only at the beginning.
        """
        left, left_out = ("", 0) if self.only == "right" else _looked_at(self._left)
        if not self.changed:
            return word_diff(left, left), left_out
        right, right_out = ("", 0) if self.only == "left" else _looked_at(self._right)
        return word_diff(left, right), left_out + right_out

    def __repr__(self) -> str:
        state = "changed" if self.changed else "same"
        return f"ComparedField({self.name!r}, {self.kind}, {state})"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class ComparedTurn:
    """The turns of two branches at one depth."""

    index: int
    """The depth: the position of both turns on their branches, 0 = oldest."""
    left: Turn | None
    """None when the left branch is shorter, or its turn was trimmed."""
    right: Turn | None
    shared: bool
    """Whether both branches hold the very same recorded turn; its amendments may still differ."""

    @property
    def fields(self) -> list[ComparedField]:
        """Inputs, then outputs, of both turns."""
        return [*self._fields("input"), *self._fields("output")]

    @property
    def changes(self) -> list[ComparedField]:
        """The fields that differ."""
        return [field for field in self.fields if field.changed]

    @property
    def changed(self) -> bool:
        """Whether any field differs."""
        return any(field.changed for field in self.fields)

    @property
    def score(self) -> Change:
        """The scores that count; not to be compared when two metrics gave them, see ``scores``."""
        return Change(*(None if turn is None else turn.score for turn in (self.left, self.right)))

    @property
    def scores(self) -> dict[str, Change]:
        """Metric name to the scores it gave; ``hand`` is a person's."""
        left, right = (_scores(turn) for turn in (self.left, self.right))
        return {name: Change(left.get(name), right.get(name)) for name in {**left, **right}}

    @property
    def prompt_tokens(self) -> Change:
        """Tokens sent."""
        return self._numbers("prompt_tokens")

    @property
    def completion_tokens(self) -> Change:
        """Tokens received."""
        return self._numbers("completion_tokens")

    @property
    def cost(self) -> Change:
        """US dollars."""
        return self._numbers("cost")

    @property
    def latency_s(self) -> Change:
        """Seconds."""
        return self._numbers("latency_s")

    def _numbers(self, name: str) -> Change:
        return Change(*(getattr(turn, name, None) for turn in (self.left, self.right)))

    def _fields(self, kind: Literal["input", "output"]) -> Iterator[ComparedField]:
        left, right = (_values(turn, kind) for turn in (self.left, self.right))
        for name in {**left, **right}:
            only: Side | None = None
            if name not in left or name not in right:
                only = "right" if name not in left else "left"
            one, other = left.get(name), right.get(name)
            changed = only is not None or not same_value(one, other)
            yield ComparedField(name, kind, changed, only, one, other)

    def __repr__(self) -> str:
        names = ", ".join(field.name for field in self.changes) or "nothing"
        return f"ComparedTurn({self.index}, shared={self.shared}, changed: {names})"


def _looked_at(value: Any) -> tuple[str, int]:
    if isinstance(value, str):
        return as_text(value), 0
    text, left_out, _ = beginning(value, _LOOKED_AT)
    return text, left_out


def _values(turn: Turn | None, kind: Literal["input", "output"]) -> Fields:
    """The values themselves, not copies: equal ones are most often the very same object."""
    if turn is None:
        return {}
    record = turn._record
    return record.inputs if kind == "input" else turn._branch.outputs(record)


def _scores(turn: Turn | None) -> Mapping[str, float]:
    return {} if turn is None else turn.scores
