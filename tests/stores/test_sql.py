"""PostgreSQL keeps the contract, and so does SQLite by the same statements."""

from __future__ import annotations

import psycopg
import pytest
from support.stores import BACKENDS, on_backends, turn_batch, whole_turns

from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    DamagedRowError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
)
from dspy_session.stores import Batch, Row, SQLiteSessionStore, SQLSessionStore, open_store
from dspy_session.stores.contract import StoreContract

SQL = [backend for backend in BACKENDS if backend != "redis"]


class TestPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgres_url):
        with SQLSessionStore(postgres_url) as store:
            yield store


class TestSQLiteBySQLAlchemy(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with SQLSessionStore(f"sqlite:///{tmp_path}/sessions.db") as store:
            yield store


@pytest.mark.parametrize("turned", [False, True])
def test_either_sqlite_store_reads_and_writes_the_others_file(tmp_path, turned):
    path = tmp_path / "sessions.db"
    opened = [SQLiteSessionStore(path), SQLSessionStore(f"sqlite:///{path}")]
    first, second = reversed(opened) if turned else opened
    with first, second:
        info = {"user_id": "u", "metadata": {"a": "é", "b": 1.5}, "preview": "Hi"}
        first.append("s", Batch([Row("turn", "0:0", '"é"', "é")], info=info), expected_version=0)
        assert second.load("s") == first.load("s")
        second.append("s", Batch(gone=[("turn", "0:0")]), expected_version=1)
        assert first.info("s") == second.info("s")
        assert first.load("s").rows == []
        assert first.list_sessions(metadata={"a": "é"}) == second.list_sessions(user_id="u")


# --- names ----------------------------------------------------------------------------------------

BAD_NAMES = [
    "", "a b", "a-b", "a.b", "a;b", "a'b", 'a"b', "1a", "é", "a\x00", "x" * 49, "../a", "%s", "*",
    "a\n", "sessions; DROP TABLE sessions", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("kind", [SQLiteSessionStore, SQLSessionStore])
def test_a_table_name_that_is_none_is_refused(kind, tmp_path):
    place = tmp_path / "a.db" if kind is SQLiteSessionStore else f"sqlite:///{tmp_path}/a.db"
    for name in BAD_NAMES:
        with pytest.raises(ArgumentError, match="table_name"):
            kind(place, name)
    for name in (None, 1, b"a"):
        with pytest.raises(ArgumentTypeError, match="table_name"):
            kind(place, name)
    assert not (tmp_path / "a.db").exists()


@on_backends(*SQL)
def test_stores_in_one_database_keep_apart(address):
    names = ["a", "a_b", "b", "select", "order", "user", "x" * 48]
    opened = [address.open(table_name=name) for name in names]
    for number, store in enumerate(opened):
        store.append("s", turn_batch(0, f"{number}"), expected_version=0)
    for number, store in enumerate(opened):
        assert whole_turns(store, "s") == [f"{number}"]
        assert store.clear_all(confirm=True) == 1
        assert store.load("s") is None
    for store in opened:
        store.close()


@on_backends(*SQL)
def test_a_table_of_something_else_is_left_alone(address):
    with address.open() as store:
        store.append("s", turn_batch(0), expected_version=0)
    for name in ("sessions_rows", "sessions_metadata", "sessions_schema"):
        with address.open(table_name=name) as other, pytest.raises(StoreError, match=name):
            other.append("s", turn_batch(0), expected_version=0)
    with address.open(table_name="a_rows") as store:
        store.append("s", turn_batch(0), expected_version=0)
    with address.open(table_name="a") as other, pytest.raises(StoreError, match="a_rows"):
        other.append("s", turn_batch(0), expected_version=0)
    for name in ("sessions", "a_rows"):
        with address.open(table_name=name) as store:
            assert whole_turns(store, "s") == [""]


# --- the database ---------------------------------------------------------------------------------


def test_a_newer_version_is_not_touched(postgres_url):
    with SQLSessionStore(postgres_url) as store:
        store.append("s", turn_batch(0), expected_version=0)
    with psycopg.connect(postgres_url, autocommit=True) as link:
        link.execute("UPDATE sessions_schema SET version = 2")
    with SQLSessionStore(postgres_url) as store:
        for use in (store.list_sessions, store.migrate, lambda: store.info("s")):
            with pytest.raises(StoreVersionError, match="version 2.*install a newer one"):
                use()


def test_a_damaged_header_is_named_and_the_others_stay_readable(postgres_url):
    with SQLSessionStore(postgres_url) as store:
        for session_id in ("a", "b"):
            store.append(session_id, turn_batch(0), expected_version=0)
        with psycopg.connect(postgres_url, autocommit=True) as link:
            link.execute("UPDATE sessions SET metadata = '{' WHERE session_id = 'b'")
        with pytest.raises(DamagedRowError, match="session 'b' is damaged"):
            store.info("b")
        assert whole_turns(store, "a") == [""]
        assert store.delete("b") is True


def test_long_metadata_is_kept_and_found(postgres_url):
    with SQLSessionStore(postgres_url) as store:
        long = "é" * 10_000
        store.append("s", Batch(info={"metadata": {"long": long}}), expected_version=0)
        store.append("t", Batch(info={"metadata": {"long": long + "x"}}), expected_version=0)
        [found] = store.list_sessions(metadata={"long": long}).sessions
        assert found.session_id == "s"


def test_pages_of_a_user_are_read_from_an_index(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as link:
        with SQLSessionStore(postgres_url) as store:
            store.append("s", Batch(info={"user_id": "u"}), expected_version=0)
        link.execute("SET enable_seqscan = off")
        plan = link.execute(
            "EXPLAIN SELECT * FROM sessions WHERE user_id = 'u' AND place < 9 "
            "ORDER BY place DESC LIMIT 5"
        ).fetchall()
    assert "Index Scan Backward using sessions_of_user" in str(plan)


@pytest.mark.parametrize(
    "url", ["", "chats", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "é"]
)
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(ArgumentError):
        SQLSessionStore(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_passwords_are_not_shown(scheme):
    with open_store(f"{scheme}://user:hidden@127.0.0.1:1/chats?connect_timeout=2") as store:
        assert isinstance(store, SQLSessionStore)
        assert "user:***@127.0.0.1:1/chats" in repr(store)
        with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1/chats") as caught:
            store.info("s")
        assert "hidden" not in f"{caught.value}{store!r}"
