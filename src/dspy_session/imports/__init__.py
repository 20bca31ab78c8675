"""Conversations from elsewhere: chat files, data sets, tables, an Agents SDK database.

Example:
    >>> from dspy_session import imports
    >>> imported = imports.read("chats.jsonl")
    >>> imported, imported.problems
    >>> chat = imported[0].session(dspy.Predict("question -> answer"))
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ._agents import Tables, agents_database
from ._chats import SHAPES, BadRowError, Names, conversation_of
from ._conversation import Imported, ImportedConversation, ImportedTurn, Problem
from ._rows import csv_rows, frame_rows, is_frame, parquet_frame, rows_in
from ._tables import table
from ._turn_lines import is_turn_line, turn_lines

__all__ = [
    "FORMATS",
    "Imported",
    "ImportedConversation",
    "ImportedTurn",
    "Problem",
    "read",
]

FORMATS = ("jsonl", "openai", "openai-preference", "trl", "sharegpt", "agents", "csv", "parquet")
"""What can be read; all but ``agents`` have the names of the exports."""

_SUFFIXES: dict[str, str | None] = {
    ".jsonl": None,  # each row tells
    ".ndjson": None,
    ".json": None,
    ".csv": "csv",
    ".parquet": "parquet",
    ".db": "agents",
    ".sqlite": "agents",
    ".sqlite3": "agents",
}


def read(  # noqa: PLR0913  # a keyword for each thing that a source may not say itself
    source: Any,
    format: str | None = None,  # as session.export
    *,
    columns: Mapping[str, str] | None = None,
    input_field: str = "question",
    output_field: str = "answer",
    sessions_table: str = "agent_sessions",
    messages_table: str = "agent_messages",
) -> Imported:
    """Return the conversations in a file, a DataFrame or a list of rows.

    A row that cannot be read is reported and left out; the others are read. What has no place in
    a turn is kept: messages besides question and answer in ``beside``, all else in ``metadata``.

    Args:
        source: A path; a DataFrame; or rows, such as a list of dicts or a ``datasets.Dataset``.
        format: One of ``FORMATS``; None: what the suffix says, and for chats the keys of each row.

            ``openai``
                ``{"messages": […]}``, also TRL's. A message with ``"weight": 0`` makes an
                excluded turn.
            ``openai-preference``, ``trl``
                The rejected answer becomes the recorded one, the chosen answer its correction.
                ``trl`` also reads ``prompt`` with ``completion``, and a boolean ``label`` as a
                score.
            ``sharegpt``
                ``{"conversations": [{"from": "human", "value": …}, …]}``.
            ``agents``
                A database of the OpenAI Agents SDK's ``SQLiteSession``.
            ``csv``, ``parquet``
                A table, as a DataFrame; see ``columns``.
            ``jsonl``
                What ``session.export("turns.jsonl")`` wrote.
        columns: For tables: which column is what. ``conversation`` keeps rows together, ``order``
            sorts them, ``user`` names the user. With ``role`` and ``content`` a row is a message;
            with ``input.<field>`` and ``output.<field>`` it is a turn, which may also have
            ``recorded.<field>``, ``score``, ``score.<metric>``, ``feedback.<metric>``, ``label``,
            ``note``, ``excluded`` and ``created_at``. None: columns of these names.
        input_field: The turns' input where the source tells only of messages.
        output_field: The turns' output there.
        sessions_table: Of an Agents SDK database, the table of sessions.
        messages_table: Of an Agents SDK database, the table of messages.

    Raises:
        ArgumentError: The format is unknown, or ``columns`` names no column.
        ArgumentTypeError: The source is nothing to read from.
        FileFormatError: There is no such file, or as a whole it is none of that format.
        MissingExtraError: The format needs a package that is not installed.

    Example:
        >>> imports.read("tickets.csv", columns={
        ...     "conversation": "ticket", "role": "sender", "content": "text"})
        Imported(210 conversations, 846 turns, 0 problems)
    """
    chosen = _chosen(source, format)
    names = Names(_field(input_field, "input_field"), _field(output_field, "output_field"))
    if columns is not None and chosen not in ("csv", "parquet", "table"):
        msg = f"columns is for tables (csv, parquet, DataFrame), this is read as {chosen or 'chat'}"
        raise ArgumentError(msg)
    if chosen == "agents":
        found = agents_database(source, names, Tables(sessions_table, messages_table))
    elif chosen in ("csv", "parquet", "table"):
        found = _table(source, chosen, columns, names)
    else:
        found = _chats(rows_in(source), chosen, names)
    conversations: list[ImportedConversation] = []
    problems: list[Problem] = []
    for one in found:
        if isinstance(one, Problem):
            problems.append(one)
        else:
            conversations.append(one)
    return Imported(conversations, problems)


def _chosen(source: Any, name: str | None) -> str | None:
    if name is not None and name not in FORMATS:
        known = ", ".join(map(repr, FORMATS))
        msg = f"there is no format {name!r}; the formats are {known}"
        raise ArgumentError(msg)
    if is_frame(source):
        return "table"
    if name is None and isinstance(source, (str, os.PathLike)):
        suffix = Path(source).suffix.lower()
        if suffix not in _SUFFIXES:
            known = ", ".join(map(repr, FORMATS))
            msg = f"the suffix {suffix!r} names no format; give format=… as one of {known}"
            raise ArgumentError(msg)
        return _SUFFIXES[suffix]
    if name in ("csv", "parquet", "agents") and not isinstance(source, (str, os.PathLike)):
        msg = f"format {name!r} reads a file, got {type(source).__name__}"
        raise ArgumentError(msg)
    return name


def _field(name: Any, argument: str) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        msg = f"{argument} is a field name, got {name!r:.80}"
        raise ArgumentError(msg)
    return name


def _table(
    source: Any, chosen: str, columns: Mapping[str, str] | None, names: Names
) -> Iterator[ImportedConversation | Problem]:
    if chosen == "csv":
        there, rows = csv_rows(Path(source))
    else:
        there, rows = frame_rows(parquet_frame(Path(source)) if chosen == "parquet" else source)
    return table(rows, there, columns, names)


def _chats(
    rows: Iterable[tuple[str, Any]], shape: str | None, names: Names
) -> Iterator[ImportedConversation | Problem]:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    every = itertools.chain([first], rows)
    if shape == "jsonl" or (shape is None and is_turn_line(first[1])):
        yield from turn_lines(every)
        return
    for where, row in every:
        yield row if isinstance(row, Problem) else _chat(row, where, shape, names)


def _chat(row: Any, where: str, shape: str | None, names: Names) -> ImportedConversation | Problem:
    try:
        return conversation_of(row, where, shape if shape in SHAPES else None, names)
    except BadRowError as problem:
        return Problem(where, str(problem))
