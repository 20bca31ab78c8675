"""Lists of items by session id, in a SQLite file."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
import subprocess
import sys
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    EncodeError,
    FileFormatError,
    StoreError,
)
from dspy_session.session_memory import SQLiteSessionMemory

HELLO = [{"role": "user", "content": "Hi, I'm Alice"}, {"role": "assistant", "content": "Hello!"}]
TOOL = [
    {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
    {"type": "function_call_output", "call_id": "c1", "output": "2"},
]


@pytest.fixture
async def memory(tmp_path):
    memory = SQLiteSessionMemory(tmp_path / "deep" / "down" / "chats.db")
    yield memory
    await memory.cleanup()


async def test_items_come_back_as_they_went_in(memory):
    await memory.append_to_session("a", HELLO)
    await memory.append_to_session("a", TOOL)
    assert await memory.load_session("a") == [*HELLO, *TOOL]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="sqlite3 tells of it since Python 3.13")
async def test_a_memory_that_nobody_closed_is_closed_when_it_is_collected(tmp_path):
    memory = SQLiteSessionMemory(tmp_path / "chats.db")
    await memory.append_to_session("a", HELLO)
    with warnings.catch_warnings(record=True, action="always") as told:
        del memory
        gc.collect()
    assert [str(one.message) for one in told] == []


FORK = """
import asyncio, os, sys
from dspy_session.session_memory import SQLiteSessionMemory

memory = SQLiteSessionMemory(sys.argv[1])
asyncio.run(memory.append_to_session("parent", [{"n": 0}]))
child = os.fork()
for number in range(20):
    name = "parent" if child else "child"
    asyncio.run(memory.append_to_session(name, [{"n": number}]))
if child == 0:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
async def test_a_memory_made_before_a_fork_works_on_both_sides(memory):
    command = [sys.executable, "-c", FORK, memory.db_path]
    done = await asyncio.to_thread(subprocess.run, command, check=False, timeout=60)
    assert done.returncode == 0
    assert len(await memory.load_session("parent")) == 21
    assert len(await memory.load_session("child")) == 20


async def test_sessions_are_kept_apart(memory):
    await memory.append_to_session("a", HELLO)
    await memory.append_to_session("b", TOOL)
    assert await memory.load_session("a") == HELLO
    assert await memory.load_session("c") == []
    assert await memory.list_sessions() == ["b", "a"]


async def test_saving_replaces_and_clearing_forgets(memory):
    await memory.append_to_session("a", HELLO)
    await memory.save_session("a", TOOL)
    assert await memory.load_session("a") == TOOL
    await memory.clear_session("a")
    assert not await memory.session_exists("a")
    await memory.clear_session("never there")


async def test_an_empty_session_exists_once_it_was_saved(memory):
    await memory.save_session("a", [])
    assert await memory.session_exists("a")
    assert await memory.load_session("a") == []


async def test_the_newest_items_are_taken_off(memory):
    await memory.append_to_session("a", [*HELLO, *TOOL])
    assert await memory.pop_items("a") == TOOL[1:]
    assert await memory.pop_items("a", 9) == [*HELLO, *TOOL[:1]]
    assert await memory.pop_items("a") == []


async def test_another_reader_of_the_file_finds_the_table_it_expects(memory, tmp_path):
    await memory.append_to_session("a", HELLO)
    await memory.cleanup()
    with sqlite3.connect(memory.db_path) as connection:
        connection.row_factory = sqlite3.Row
        (row,) = connection.execute("SELECT * FROM sessions").fetchall()
        connection.execute(
            "INSERT INTO sessions (session_id, conversation_history) VALUES ('b', ?)",
            (json.dumps(TOOL),),
        )
    connection.close()
    assert set(row.keys()) == {"session_id", "conversation_history", "created_at", "updated_at"}
    assert json.loads(row["conversation_history"]) == HELLO
    assert await memory.load_session("b") == TOOL


async def test_the_default_file_stands_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    memory = SQLiteSessionMemory()
    assert not list(tmp_path.iterdir())
    await memory.append_to_session("a", HELLO)
    await memory.cleanup()
    assert (tmp_path / "agent_sessions.db").exists()


async def test_items_in_memory_last_as_long_as_the_memory():
    memory = SQLiteSessionMemory(":memory:")
    await memory.append_to_session("a", HELLO)
    assert await memory.load_session("a") == HELLO
    assert await SQLiteSessionMemory(":memory:").load_session("a") == []
    await memory.cleanup()


async def test_appends_at_the_same_time_lose_nothing(memory):
    await asyncio.gather(
        *(memory.append_to_session("a", [{"role": "user", "content": str(i)}]) for i in range(50))
    )
    items = await memory.load_session("a")
    assert sorted(int(item["content"]) for item in items) == list(range(50))


WRITER = """
import asyncio, sys
from dspy_session.session_memory import SQLiteSessionMemory

async def work():
    memory = SQLiteSessionMemory(sys.argv[1])
    for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
        await memory.append_to_session("a", [{"role": "user", "content": str(number)}])
    await memory.cleanup()

asyncio.run(work())
"""


def test_processes_that_append_to_a_cold_file_lose_nothing(tmp_path):
    path = str(tmp_path / "cold.db")
    command = [sys.executable, "-c", WRITER, path]
    workers = [subprocess.Popen([*command, str(first)]) for first in (0, 20, 40)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    items = asyncio.run(SQLiteSessionMemory(path).load_session("a"))
    numbers = [int(item["content"]) for item in items]
    assert sorted(numbers) == list(range(60))
    for first in (0, 20, 40):  # each writer's own order is kept
        own = [n for n in numbers if first <= n < first + 20]
        assert own == sorted(own)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.text(), JSON), max_size=5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_items_of_json_come_back_equal(tmp_path, items):
    async def work():
        memory = SQLiteSessionMemory(tmp_path / "any.db")
        await memory.save_session("a", items)
        found = await memory.load_session("a")
        await memory.cleanup()
        return found

    assert asyncio.run(work()) == items


@pytest.mark.parametrize("name", ["", "a\x00b", "a\nb", "\ud800", "x" * 256, "\x7f"])
async def test_ids_that_could_not_be_kept_are_refused(memory, name):
    with pytest.raises(ArgumentError, match="session_id"):
        await memory.append_to_session(name, HELLO)


@pytest.mark.parametrize("name", ["a'; DROP TABLE sessions; --", "../../etc", "%", "a*", "é" * 127])
async def test_ids_are_data(memory, name):
    await memory.append_to_session("other", TOOL)
    await memory.append_to_session(name, HELLO)
    assert await memory.load_session(name) == HELLO
    await memory.clear_session(name)
    assert await memory.load_session("other") == TOOL


@pytest.mark.parametrize(
    ("items", "error", "words"),
    [
        ("text", ArgumentTypeError, "a list of dicts, got str"),
        (["text"], ArgumentTypeError, "item 0 is a dict"),
        ([{"role": "user", "content": object()}], EncodeError, "cannot be written as JSON"),
        ([{"n": float("nan")}], EncodeError, "cannot be written as JSON"),
    ],
)
async def test_items_that_cannot_be_kept_change_nothing(memory, items, error, words):
    await memory.append_to_session("a", HELLO)
    with pytest.raises(error, match=words):
        await memory.append_to_session("a", items)
    with pytest.raises(error, match=words):
        await memory.save_session("a", items)
    assert await memory.load_session("a") == HELLO


async def test_an_id_of_another_type_is_refused(memory):
    with pytest.raises(ArgumentTypeError, match="session_id is a str, got int"):
        await memory.load_session(7)


@pytest.mark.parametrize("text", ["{", '{"role": "user"}', "[1]", "7"])
async def test_a_damaged_row_is_named_and_the_rest_stays_readable(memory, text):
    await memory.append_to_session("good", HELLO)
    await memory.append_to_session("bad", HELLO)
    with sqlite3.connect(memory.db_path) as connection:
        connection.execute(
            "UPDATE sessions SET conversation_history = ? WHERE session_id = 'bad'", (text,)
        )
    connection.close()
    with pytest.raises(FileFormatError, match=r"session 'bad' in .*clear_session\('bad'\)"):
        await memory.load_session("bad")
    with pytest.raises(FileFormatError, match="session 'bad'"):
        await memory.append_to_session("bad", TOOL)
    assert await memory.load_session("good") == HELLO
    await memory.clear_session("bad")
    assert await memory.load_session("bad") == []


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and no database at all; keep them as they are" * 20)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"notes\.txt' cannot be used"):
        await SQLiteSessionMemory(path).load_session("a")
    assert path.read_bytes() == before
