"""Conversations in a table: a row for each turn, or for each message."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._messages import Message, content_text, paired
from ..errors import ArgumentError
from ._chats import BadRowError, Names, turns_of
from ._conversation import ImportedConversation, ImportedTurn, Problem

TableRow = tuple[str, "Mapping[str, Any] | Problem"]
"""Where a row stands, and its cells by column; or what is wrong with it."""

_ONE = (
    "conversation",
    "user",
    "order",
    "role",
    "content",
    "score",
    "label",
    "note",
    "excluded",
    "created_at",
)
_MANY = ("input.", "output.", "recorded.", "score.", "feedback.")


def table(
    rows: Iterable[TableRow],
    columns: Sequence[str],
    mapping: Mapping[str, str] | None,
    names: Names,
) -> Iterator[ImportedConversation | Problem]:
    """Yield the conversations of a table, in the order in which they begin, and bad rows.

    Args:
        rows: Its rows.
        columns: Its columns.
        mapping: What each column is, see :func:`dspy_session.imports.read`; None: the names tell.
        names: The fields of turns that are made of messages.

    Raises:
        ArgumentError: The mapping names no such column, or says nothing of what was said.
    """
    meaning = _meaning(columns, mapping)
    groups: dict[Any, list[tuple[str, Mapping[str, Any]]]] = {}
    for where, row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        name = _present(row.get(meaning.get("conversation", "")))
        if name is None and "conversation" in meaning:
            yield Problem(where, f"the column {meaning['conversation']!r} is empty")
            continue
        groups.setdefault(_plain(name), []).append((where, row))
    for name, found in groups.items():
        yield from _Group(name, found, meaning, names).read()


def _meaning(columns: Sequence[str], mapping: Mapping[str, str] | None) -> dict[str, str]:
    """What is wanted, to the column that holds it."""
    if mapping is None:
        meaning = {one: one for one in columns if one in _ONE or one.startswith(_MANY)}
        if "branch" in columns and "turn" in columns:
            meaning |= {"conversation": "branch", "order": "turn"}  # our own export
    else:
        meaning = dict(mapping)
        for wanted, column in meaning.items():
            if wanted not in _ONE and not wanted.startswith(_MANY):
                known = ", ".join(repr(one) for one in (*_ONE, *(f"{one}<…>" for one in _MANY)))
                msg = f"columns maps {known} to columns; there is no {wanted!r}"
                raise ArgumentError(msg)
            if column not in columns:
                there = ", ".join(map(repr, columns))
                msg = f"columns[{wanted!r}] is {column!r}, but the columns are {there}"
                raise ArgumentError(msg)
    if not {"role", "content"} <= meaning.keys() and not any(
        one.startswith(("input.", "output.")) for one in meaning
    ):
        there = ", ".join(map(repr, columns))
        msg = (
            f"no column tells what was said; say so, with a row a message: "
            f"columns={{'conversation': …, 'role': …, 'content': …}}, or a row a turn: "
            f"columns={{'input.question': …, 'output.answer': …}}; the columns are {there}"
        )
        raise ArgumentError(msg)
    return meaning


class _Group:
    """The rows of one conversation."""

    def __init__(
        self,
        name: Any,
        rows: list[tuple[str, Mapping[str, Any]]],
        meaning: Mapping[str, str],
        names: Names,
    ) -> None:
        self._name, self._meaning, self._names = name, meaning, names
        self._rows = rows
        self._problems: list[Problem] = []

    def read(self) -> Iterator[ImportedConversation | Problem]:
        self._sort()
        found = self._of_messages() if "role" in self._meaning else self._of_turns()
        yield from self._problems
        if not found.turns and not found.beside:
            return
        first, last = self._rows[0][0], self._rows[-1][0]
        user = _present(self._rows[0][1].get(self._meaning.get("user", "")))
        yield dataclasses.replace(
            found,
            where=first if first == last else f"{first} to {last.removeprefix('row ')}",
            id=None if self._name is None else str(self._name),
            user_id=None if user is None else str(user),
        )

    def _sort(self) -> None:
        order = self._meaning.get("order")
        if order is None:
            return
        try:
            self._rows.sort(key=lambda one: _rank(one[1].get(order)))
        except TypeError:
            where = self._rows[0][0]
            self._problems.append(
                Problem(
                    where, f"the column {order!r} has values that have no order; kept as they are"
                )
            )

    def _cell(self, row: Mapping[str, Any], wanted: str) -> Any:
        return _present(row.get(self._meaning.get(wanted, "")))

    def _of_messages(self) -> ImportedConversation:
        messages: list[Message] = []
        for where, row in self._rows:
            role, content = self._cell(row, "role"), row.get(self._meaning["content"])
            if not isinstance(role, str):
                self._problems.append(Problem(where, "the role is empty"))
            elif _present(content) is None:
                self._problems.append(Problem(where, "the content is empty"))
            else:
                said = (
                    content if isinstance(content, (str, list)) else content_text(_plain(content))
                )
                messages.append({"role": role, "content": said, **self._left(row)})
        pairs, beside = paired(messages)
        return turns_of(pairs, beside, self._names, {})

    def _of_turns(self) -> ImportedConversation:
        turns: list[ImportedTurn] = []
        left: list[dict[str, Any]] = []
        for where, row in self._rows:
            try:
                turn = self._turn(row)
            except BadRowError as problem:
                self._problems.append(Problem(where, str(problem)))
                continue
            more = self._left(row)
            left += [{"turn": len(turns), **more}] if more else []
            turns.append(turn)
        metadata = {"rows": left} if left else {}
        return ImportedConversation(tuple(turns), where="", metadata=metadata)

    def _turn(self, row: Mapping[str, Any]) -> ImportedTurn:
        inputs, final = self._fields(row, "input."), self._fields(row, "output.")
        recorded = self._fields(row, "recorded.")
        if not inputs and not final:
            msg = "it has neither input nor output"
            raise BadRowError(msg)
        scores = self._scores(row)
        return ImportedTurn(
            inputs,
            {**final, **recorded},
            edits={name: final[name] for name in recorded if name in final},
            scores=scores,
            label=_text(self._cell(row, "label")),
            note=_text(self._cell(row, "note")),
            excluded=str(self._cell(row, "excluded")).lower() in ("true", "1"),
            created_at=_when(self._cell(row, "created_at")),
        )

    def _fields(self, row: Mapping[str, Any], kind: str) -> dict[str, Any]:
        found = {
            wanted.removeprefix(kind): _present(row.get(column))
            for wanted, column in self._meaning.items()
            if wanted.startswith(kind)
        }
        return {name: _plain(value) for name, value in found.items() if value is not None}

    def _scores(self, row: Mapping[str, Any]) -> dict[str, tuple[float, str | None]]:
        scores, feedback = self._fields(row, "score."), self._fields(row, "feedback.")
        single = self._cell(row, "score")
        if not scores and single is not None:
            scores = {"hand": single}
        # The one that counts was given last.
        numbers = {name: _number(value, name) for name, value in scores.items()}
        newest = None if single is None else _number(single, "score")
        in_order = sorted(numbers, key=lambda name: numbers[name] == newest)
        return {name: (numbers[name], _text(feedback.get(name))) for name in in_order}

    def _left(self, row: Mapping[str, Any]) -> dict[str, Any]:
        mapped = set(self._meaning.values())
        return {
            name: _plain(value)
            for name, value in row.items()
            if name not in mapped and _present(value) is not None
        }


def _present(value: Any) -> Any:
    """A cell's value; None for what tables have in the place of nothing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    return None if isinstance(value, str) and not value else value


def _plain(value: Any) -> Any:
    """A numpy scalar as Python's own, and an array as a list."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _rank(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"the score {name!r} is no number: {value!r:.40}"
        raise BadRowError(msg)
    return number


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _when(value: Any) -> datetime.datetime | None:
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            msg = f"created_at is no time: {value!r:.40}"
            raise BadRowError(msg) from None
    if not isinstance(value, datetime.datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
