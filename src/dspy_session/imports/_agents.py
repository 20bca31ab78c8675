"""Conversations in a SQLite database of the OpenAI Agents SDK."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._messages import Message, paired
from ..errors import ArgumentError, FileFormatError
from ._chats import BadRowError, Names, turns_of
from ._conversation import ImportedConversation, Problem

_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """The names of the SDK's two tables."""

    sessions: str = "agent_sessions"
    messages: str = "agent_messages"

    def __post_init__(self) -> None:
        for name in (self.sessions, self.messages):
            if not isinstance(name, str) or not _TABLE.fullmatch(name):
                msg = f"a table's name has letters, digits and underscores, got {name!r:.80}"
                raise ArgumentError(msg)


def agents_database(
    path: str | os.PathLike[str], names: Names, tables: Tables
) -> Iterator[ImportedConversation | Problem]:
    """Yield the database's sessions, oldest first, and what was wrong with single items.

    The file is opened for reading only.

    Raises:
        FileFormatError: It is no SQLite database, or has no such tables.
    """
    file = Path(path)
    if not file.is_file():
        msg = f"there is no file {str(path)!r}"
        raise FileFormatError(msg)
    with contextlib.closing(
        sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    ) as connection:
        try:
            _check_tables(connection, tables, path)
            query = f"SELECT session_id, created_at FROM {tables.sessions} ORDER BY rowid"  # noqa: S608  # checked names
            for session_id, created_at in connection.execute(query).fetchall():
                yield from _session(connection, tables, str(session_id), created_at, names)
        except sqlite3.DatabaseError as problem:
            msg = f"cannot read {str(path)!r} as a database of the Agents SDK: {problem}"
            raise FileFormatError(msg) from None


def _check_tables(
    connection: sqlite3.Connection, tables: Tables, path: str | os.PathLike[str]
) -> None:
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    missing = [name for name in (tables.sessions, tables.messages) if name not in there]
    if missing:
        msg = (
            f"{str(path)!r} has no table {missing[0]!r}; the Agents SDK keeps sessions in "
            f"'agent_sessions' and 'agent_messages', others are named with sessions_table= and "
            f"messages_table="
        )
        raise FileFormatError(msg)


def _session(
    connection: sqlite3.Connection, tables: Tables, session_id: str, created_at: Any, names: Names
) -> Iterator[ImportedConversation | Problem]:
    where = f"session {session_id!r}"
    query = f"SELECT message_data FROM {tables.messages} WHERE session_id = ? ORDER BY id"  # noqa: S608  # checked names
    items = [_item(data) for (data,) in connection.execute(query, (session_id,)).fetchall()]
    for number, item in enumerate(items):
        if isinstance(item, BadRowError):
            yield Problem(f"{where}, item {number}", str(item))
    pairs, beside = paired([item for item in items if not isinstance(item, BadRowError)])
    metadata = {"created_at": str(created_at)} if created_at else {}
    conversation = turns_of(pairs, beside, names, metadata)
    when = _utc(created_at)
    turns = tuple(dataclasses.replace(turn, created_at=when) for turn in conversation.turns)
    yield dataclasses.replace(conversation, turns=turns, id=session_id, where=where)


def _item(data: Any) -> Message | BadRowError:
    try:
        return _message(data)
    except BadRowError as problem:
        return problem


def _message(data: Any) -> Message:
    """One stored item; those that are no messages (calls, results, reasoning) keep their fields."""
    try:
        item = json.loads(data)
    except (ValueError, TypeError, RecursionError) as problem:
        msg = f"it is not JSON: {problem}"
        raise BadRowError(msg) from None
    if not isinstance(item, Mapping):
        msg = "an item is a JSON object"
        raise BadRowError(msg)
    role = item.get("role")
    if isinstance(role, str) and isinstance(item.get("content"), (str, list)):
        return {key: value for key, value in item.items() if value is not None}
    if not isinstance(item.get("type"), str):
        msg = f"it has neither role and content nor a type; its keys are {', '.join(item)[:120]}"
        raise BadRowError(msg)
    text = item.get("output", item.get("arguments", ""))
    role = "tool" if item["type"].endswith("_output") else item["type"]
    return {**item, "role": role, "content": text if isinstance(text, str) else json.dumps(text)}


def _utc(stamp: Any) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(stamp)).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
