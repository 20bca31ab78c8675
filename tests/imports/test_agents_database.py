"""A database that the Agents SDK wrote: made by openai-agents 0.24 and kept as SQL."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from pathlib import Path

import dspy
import pytest

from dspy_session import imports
from dspy_session.errors import ArgumentError, FileFormatError

DUMP = (Path(__file__).parent / "agents_sdk_0_24.sql").read_text(encoding="utf-8")


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "agents.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP)
    return path


def test_each_session_is_a_conversation(database):
    imported = imports.read(database)
    assert [one.id for one in imported] == ["user-1", "user/2 ☃", "waiting"]
    first = imported[0]
    assert [(dict(turn.inputs), dict(turn.outputs)) for turn in first.turns] == [
        ({"question": "Hello"}, {"answer": "You said: Hello"}),
        ({"question": "What is the weather in Oslo?"}, {"answer": "It is sunny, 21 °C in Oslo."}),
    ]
    when = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    session = first.session(dspy.Predict("question -> answer"))
    assert session.turns[0].created_at == when
    assert imported.problems == []


def test_tool_calls_and_open_questions_are_kept(database):
    first, _, waiting = imports.read(database)
    roles = [one["role"] for one in first.messages]
    assert roles == ["user", "assistant", "user", "function_call", "tool", "assistant"]
    call, result = (one.message for one in first.beside)
    assert (call["name"], call["arguments"]) == ("weather", '{"city": "Oslo"}')
    assert (result["call_id"], result["content"]) == ("call_1", "sunny, 21 °C")
    assert [one["content"] for one in waiting.messages] == ["Anybody here?"]
    assert waiting.turns == ()


def test_damaged_items_are_named_and_the_rest_is_read(database):
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE agent_messages SET message_data = '{' WHERE id = 1")
        connection.execute("UPDATE agent_messages SET message_data = '{\"x\": 1}' WHERE id = 2")
    imported = imports.read(database)
    assert [one.where for one in imported.problems] == [
        "session 'user-1', item 0",
        "session 'user-1', item 1",
    ]
    assert [len(one.turns) for one in imported] == [1, 1, 0]


def test_other_tables_can_be_named(database):
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("ALTER TABLE agent_sessions RENAME TO s")
        connection.execute("ALTER TABLE agent_messages RENAME TO m")
    with pytest.raises(FileFormatError, match="no table 'agent_sessions'"):
        imports.read(database)
    assert len(imports.read(database, sessions_table="s", messages_table="m")) == 3
    with pytest.raises(ArgumentError, match="letters, digits"):
        imports.read(database, sessions_table="s; DROP TABLE m")


def test_the_database_is_not_changed_and_need_not_be_one(database, tmp_path):
    before = database.read_bytes()
    imports.read(database)
    assert database.read_bytes() == before
    other = tmp_path / "other.db"
    other.write_bytes(b"no database at all" * 100)
    with pytest.raises(FileFormatError, match="database of the Agents SDK"):
        imports.read(other)
    with pytest.raises(FileFormatError, match="there is no file"):
        imports.read(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
