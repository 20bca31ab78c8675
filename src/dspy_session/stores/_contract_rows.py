"""The contract of a store, first part: what is written is there, all of it or nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from ..errors import (
    ArgumentError,
    ArgumentTypeError,
    SessionArchivedError,
    SessionConflictError,
    SessionNotFoundError,
    StoreUnavailableError,
)
from ._store import SessionStore
from ._values import Batch, Row

HOSTILE_IDS = (
    "a:b", "a/b", "a//b", "../../etc/passwd", "*", "a*", "?", "[a]", "{a}", "{a}:b", "%", "a%", "_",
    "a_b", "'; DROP TABLE sessions; --", '"', "\\", "a\\", "a b", " a", "a ", "A", "ａ", "é",
    "e\u0301", "日本", "🙂", "\u202e", "\ufeff", "None", "null", "0", "x" * 255, "é" * 127,
)  # fmt: skip
REFUSED_IDS = ("", "a\x00b", "a\nb", "\x7f", "\x85", "\ud800", "a\udfff", "x" * 256, "x" * 10_000)


def raised(kind: type[BaseException], work: Callable[[], Any]) -> Any:
    """Return the error that some work raises, which is of that kind."""
    try:
        work()
    except kind as error:
        return error
    msg = f"no {kind.__name__} was raised"
    raise AssertionError(msg)


def rows_of(store: SessionStore, session_id: str) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Return all rows of a session by name."""
    stored = store.load(session_id)
    assert stored is not None, f"there is no session {session_id!r}"
    return {(row.kind, row.key): (row.body, row.text) for row in stored.rows}


# ruff: noqa: S101  # a test suite; each name says what is tested
class RowContract:
    """Reading, writing, conflicts, ids."""

    # --- reading and writing -----------------------------------------------------------------

    def test_what_is_not_there_is_none(self, store: SessionStore) -> None:
        assert store.info("nobody") is None
        assert store.load("nobody") is None
        assert store.rows("nobody", ["turn"], [("turn", "1")]) == []
        assert store.delete("nobody") is False

    def test_a_batch_is_read_back_as_it_was_written(self, store: SessionStore) -> None:
        body = '{"text": "é 🙂 \\u0000 \'quoted\' \\" % _ \\\\"}'
        batch = Batch(
            rows=[Row("turn", "0:0", body, "é 🙂"), Row("branch", "b-1_x", "{}")],
            info={
                "user_id": "user 1",
                "metadata": {"channel": "web", "n": 1, "deep": {"a": [1, None]}},
                "turns": 1,
                "branches": 2,
                "preview": "Hi 🙂",
                "layout": '{"made": 1}',
            },
        )
        assert store.append("alice", batch, expected_version=0) == 1
        stored = store.load("alice")
        assert stored is not None
        assert sorted(stored.rows, key=lambda row: row.kind) == [batch.rows[1], batch.rows[0]]
        info = stored.info
        assert (info.session_id, info.user_id, info.status) == ("alice", "user 1", "active")
        assert info.metadata == {"channel": "web", "n": 1, "deep": {"a": [1, None]}}
        assert (info.turns, info.branches, info.preview) == (1, 2, "Hi 🙂")
        assert (info.layout, info.version, info.batch) == ('{"made": 1}', 1, batch.id)
        assert info.created_at == info.updated_at == batch.at
        assert info.updated_at.utcoffset() is not None
        assert store.info("alice") == info

    def test_a_row_replaces_the_one_of_its_name_and_others_stay(self, store: SessionStore) -> None:
        first = [Row("branch", "a", "1"), Row("branch", "b", "1", "said"), Row("turn", "a", "1")]
        store.append("s", Batch(first), expected_version=0)
        batch = Batch([Row("branch", "a", "2")], gone=[("branch", "b"), ("branch", "never")])
        assert store.append("s", batch, expected_version=1) == 2
        assert rows_of(store, "s") == {("branch", "a"): ("2", None), ("turn", "a"): ("1", None)}

    def test_rows_are_found_by_kind_and_by_key(self, store: SessionStore) -> None:
        written = [Row("turn", f"0:{n}", f"{n}") for n in range(1_000)]
        written += [Row("branch", "a", "A"), Row("state", "k", "K")]
        store.append("s", Batch(written), expected_version=0)
        store.append("other", Batch([Row("turn", "0:5", "not this")]), expected_version=0)
        assert store.rows("s", ["branch"]) == [written[1_000]]
        assert len(store.rows("s", ["turn"])) == 1_000
        keys = [("turn", f"0:{n}") for n in range(1_500)] + [("state", "k"), ("state", "k")]
        found = {(row.kind, row.key): row.body for row in store.rows("s", (), keys)}
        assert len(found) == 1_001
        assert found["turn", "0:999"] == "999"
        both = store.rows("s", ["state"], [("state", "k"), ("turn", "0:7")])
        assert sorted(row.key for row in both) == ["0:7", "k"]
        assert store.rows("s") == []

    def test_a_large_body_comes_back_whole(self, store: SessionStore) -> None:
        body = '"' + "aé🙂" * 400_000 + '"'
        store.append("s", Batch([Row("turn", "0:0", body)]), expected_version=0)
        assert rows_of(store, "s")["turn", "0:0"][0] == body

    # --- versions ----------------------------------------------------------------------------

    def test_the_second_writer_is_refused_and_changes_nothing(self, store: SessionStore) -> None:
        store.append("s", Batch([Row("turn", "0:0", "ours")]), expected_version=0)
        late = Batch([Row("turn", "0:0", "late"), Row("turn", "0:1", "x")], info={"turns": 9})
        for expected in (0, 2, 7):
            error = raised(
                SessionConflictError,
                lambda expected=expected: store.append("s", late, expected_version=expected),
            )
            assert (error.session_id, error.expected, error.found) == ("s", expected, 1)
        assert rows_of(store, "s") == {("turn", "0:0"): ("ours", None)}
        info = store.info("s")
        assert info is not None
        assert (info.version, info.turns) == (1, 0)

    def test_a_version_of_what_is_not_there_is_refused(self, store: SessionStore) -> None:
        batch = Batch([Row("turn", "0:0", "x")])
        error = raised(SessionConflictError, lambda: store.append("s", batch, expected_version=3))
        assert (error.expected, error.found) == (3, 0)
        assert store.info("s") is None

    def test_the_same_batch_again_counts_once(self, store: SessionStore) -> None:
        first, second = Batch([Row("turn", "0:0", "1")]), Batch([Row("turn", "0:1", "2")])
        for _ in range(3):
            assert store.append("s", first, expected_version=0) == 1
        for _ in range(3):
            assert store.append("s", second, expected_version=1) == 2
        info = store.info("s")
        assert info is not None
        assert info.version == 2
        raised(SessionConflictError, lambda: store.append("s", first, expected_version=0))

    def test_of_many_threads_on_one_version_one_wins(self, store: SessionStore) -> None:
        start, outcomes = threading.Barrier(8), list[str]()

        def write(number: int) -> None:
            start.wait()
            batch = Batch([Row("turn", f"{number}:{n}", "x") for n in range(5)])
            try:
                store.append("s", batch, expected_version=0)
            except SessionConflictError:
                outcomes.append("refused")
            else:
                outcomes.append(f"{number}")

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [one for one in outcomes if one != "refused"]
        assert len(outcomes) == 8
        assert len(winners) == 1
        assert {key for _, key in rows_of(store, "s")} == {f"{winners[0]}:{n}" for n in range(5)}

    # --- ids ---------------------------------------------------------------------------------

    def test_no_id_reaches_anothers_data(self, store: SessionStore) -> None:
        for number, one in enumerate(HOSTILE_IDS):
            batch = Batch([Row("turn", "0:0", str(number))], info={"user_id": one})
            store.append(one, batch, expected_version=0)
        for number, one in enumerate(HOSTILE_IDS):
            assert rows_of(store, one) == {("turn", "0:0"): (str(number), None)}
            found = store.list_sessions(user_id=one, limit=1_000).sessions
            assert [info.session_id for info in found] == [one]
        for number, one in enumerate(HOSTILE_IDS):
            assert store.delete(one) is True
            left = store.list_sessions(limit=1_000).sessions
            assert len(left) == len(HOSTILE_IDS) - number - 1

    def test_what_is_no_id_is_refused(self, store: SessionStore) -> None:
        for one in REFUSED_IDS:
            raised(ArgumentError, lambda one=one: store.info(one))
            raised(ArgumentError, lambda one=one: store.load(one))
            raised(ArgumentError, lambda one=one: store.rows(one))
            raised(ArgumentError, lambda one=one: store.delete(one))
            raised(ArgumentError, lambda one=one: store.append(one, Batch(), expected_version=0))
        for other in (None, 1, b"a"):
            raised(ArgumentTypeError, lambda other=other: store.info(other))  # type: ignore[arg-type]
        assert store.list_sessions().sessions == []

    # --- status ------------------------------------------------------------------------------

    def test_an_archived_session_is_read_and_takes_nothing(self, store: SessionStore) -> None:
        store.append("s", Batch([Row("turn", "0:0", "x")]), expected_version=0)
        before = store.info("s")
        archived = store.archive("s")
        assert before is not None
        assert (archived.status, archived.updated_at) == ("archived", before.updated_at)
        late = Batch([Row("turn", "0:1", "y")])
        raised(
            SessionArchivedError,
            lambda: store.append("s", late, expected_version=archived.version),
        )
        assert rows_of(store, "s") == {("turn", "0:0"): ("x", None)}
        again = store.unarchive("s")
        assert again.status == "active"
        assert store.append("s", late, expected_version=again.version) == again.version + 1

    def test_archiving_what_is_not_there_says_so(self, store: SessionStore) -> None:
        raised(SessionNotFoundError, lambda: store.archive("nobody"))
        raised(SessionNotFoundError, lambda: store.unarchive("nobody"))

    def test_a_deleted_session_begins_anew(self, store: SessionStore) -> None:
        batch = Batch([Row("turn", "0:0", "old")], info={"metadata": {"a": 1}, "user_id": "u"})
        store.append("s", batch, expected_version=0)
        assert store.delete("s") is True
        assert store.info("s") is None
        late = Batch([Row("turn", "0:1", "late")])
        raised(SessionConflictError, lambda: store.append("s", late, expected_version=1))
        assert store.append("s", Batch([Row("turn", "0:1", "new")]), expected_version=0) == 1
        assert rows_of(store, "s") == {("turn", "0:1"): ("new", None)}
        assert store.list_sessions(metadata={"a": 1}).sessions == []

    # --- the rest ----------------------------------------------------------------------------

    def test_the_asynchronous_twins_do_the_same(self, store: SessionStore) -> None:
        async def use() -> None:
            batch = Batch([Row("turn", "0:0", "x", "said")], info={"user_id": "u"})
            assert await store.aappend("s", batch, expected_version=0) == 1
            assert await store.aappend("s", batch, expected_version=0) == 1
            refused = await asyncio.gather(
                store.aappend("s", Batch(), expected_version=0), return_exceptions=True
            )
            assert isinstance(refused[0], SessionConflictError)
            info, stored = await store.ainfo("s"), await store.aload("s")
            assert info is not None
            assert stored is not None
            assert (stored.info, list(stored.rows)) == (info, list(batch.rows))
            assert await store.arows("s", ["turn"]) == list(batch.rows)
            page = await store.alist_sessions(user_id="u", text="SAID")
            assert list(page.sessions) == [info]
            assert (await store.aarchive("s")).status == "archived"
            assert (await store.aunarchive("s")).status == "active"
            await asyncio.gather(
                *(store.aappend(f"s{n}", Batch(), expected_version=0) for n in range(20))
            )
            assert len((await store.alist_sessions()).sessions) == 21
            assert await store.adelete("s") is True
            assert await store.aclear_all(confirm=True) == 20
            assert await store.ainfo("s") is None
            await store.aclose()

        asyncio.run(use())

    def test_a_closed_store_says_so(self, store: SessionStore) -> None:
        store.append("s", Batch(), expected_version=0)
        store.close()
        store.close()
        raised(StoreUnavailableError, lambda: store.info("s"))
        raised(StoreUnavailableError, lambda: store.append("s", Batch(), expected_version=1))
