"""Stores that earlier versions wrote open in this one; see ``old/freeze.py``."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import dspy
import psycopg
import pytest
import redis
from support.scripted import scripted_lm

from dspy_session import with_memory
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent
from dspy_session.errors import SessionArchivedError, StoreError, StoreVersionError
from dspy_session.stores import RedisSessionStore, SQLiteSessionStore, SQLSessionStore

OLD = Path(__file__).parent / "old"
FROZEN = sorted(path.name for path in OLD.iterdir() if path.suffix in {".db", ".json", ".sql"})


@pytest.fixture(params=FROZEN)
def old_store(request, tmp_path):
    path = OLD / request.param
    if path.suffix == ".db":
        shutil.copy(path, tmp_path / "old.db")
        store = SQLiteSessionStore(tmp_path / "old.db")
    elif path.suffix == ".json":
        url = request.getfixturevalue("redis_server_url")
        store = RedisSessionStore(url, request.getfixturevalue("redis_prefix"))
        restore_redis(path, url, store)
    else:
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as link:
            for statement in path.read_text(encoding="utf-8").split("\n;;\n"):
                link.execute(statement)
        store = SQLSessionStore(url)
    with store:
        yield store
        store.clear_all(confirm=True)


def restore_redis(path, url, store):
    with redis.Redis.from_url(url) as link:
        for kind, old_key, value in json.loads(path.read_text(encoding="utf-8")):
            key = store._base + old_key.partition("}:")[2]  # a prefix of the test's own
            if kind == "hash":
                link.hset(key, mapping=dict(value))
            elif kind == "zset":
                link.zadd(key, dict(value))
            else:
                link.set(key, value)


def test_every_store_has_a_frozen_file():
    assert {name.partition("-")[0] for name in FROZEN} == {"sqlite", "redis", "postgresql"}


def test_an_old_store_opens_with_everything_in_it(old_store):
    before, after = old_store.migrate()
    assert before <= after
    infos = {info.session_id: info for info in old_store.sessions()}
    assert (infos["old"].user_id, infos["old"].metadata) == ("mia", {"channel": "web", "stars": 5})
    assert infos["plain"].status == "archived"
    assert [one.session_id for one in old_store.sessions(metadata={"stars": 5})] == ["old"]
    assert [one.session_id for one in old_store.sessions(text="É🙂")] == ["old"]

    chat = with_memory(SupportAgent(), store=old_store).open("old")
    assert sorted(chat.branches) == ["main", "what-if"]
    assert [turn.inputs["question"] for turn in chat.turns] == list(LOGIN_TROUBLE[:2])
    first, second = chat.turns
    assert first.outputs["reply"] == "Hi Mia! \x00é🙂"
    assert first.recorded["reply"].startswith("Hi Mia! Which email address")
    assert (first.note, first.label, first.edited) == ("shorter", "corrected", True)
    assert second.stale
    assert second.score is not None
    assert len(second.history_snapshot.messages) == 1
    assert [call.node for call in second.calls] == ["classify", "respond"]
    assert len(second.prompt) >= 2
    other = chat.branches["what-if"]
    asked = [turn.inputs["question"] for turn in other.turns]
    assert asked == [LOGIN_TROUBLE[0], LOGIN_TROUBLE[3]]
    chat.redo()
    assert chat.turns[2].inputs["question"] == LOGIN_TROUBLE[2]


def test_an_old_conversation_goes_on(old_store):
    program = with_memory(dspy.Predict("question -> answer"), store=old_store)
    with dspy.context(lm=scripted_lm({"answer": "done"})):
        program.open("new")(question="Hi")
    chat = with_memory(SupportAgent(), store=old_store).open("old")
    chat.add_turn({"question": "And now?"}, {"reply": "Done."})
    assert len(chat.turns) == 3
    assert [info.session_id for info in old_store.sessions()][:2] == ["old", "new"]
    with pytest.raises(SessionArchivedError):
        with_memory(SupportAgent(), store=old_store).open("plain").add_turn(
            {"question": "Hi"}, {"reply": "Hi"}
        )


def test_a_newer_file_is_not_touched(tmp_path):
    path = tmp_path / "new.db"
    shutil.copy(OLD / "sqlite-1.db", path)
    link = sqlite3.connect(path)
    link.execute("UPDATE sessions_schema SET version = 99")
    link.commit()
    link.close()
    content = path.read_bytes()
    for store in (SQLiteSessionStore(path), SQLSessionStore(f"sqlite:///{path}")):
        with store, pytest.raises(StoreVersionError, match=r"version 99.*install a newer one"):
            store.list_sessions()
    assert path.read_bytes() == content


def test_a_file_of_something_else_is_not_touched(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database, but notes of mine\n" * 100)
    for store in (SQLiteSessionStore(path), SQLSessionStore(f"sqlite:///{path}")):
        with store, pytest.raises(StoreError, match="no SQLite file|not a database"):
            store.list_sessions()
    assert path.read_text().startswith("no database")
