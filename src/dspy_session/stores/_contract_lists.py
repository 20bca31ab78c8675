"""The contract of a store, second part: lists, searches, and taking away."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError, ArgumentTypeError
from ._checks import searchable
from ._contract_rows import raised
from ._store import SessionStore
from ._values import Batch, Row, SessionInfo


def _ids(sessions: Iterable[SessionInfo]) -> list[str]:
    return [info.session_id for info in sessions]


def _put(store: SessionStore, session_id: str, *rows: Row, **info: Any) -> None:
    store.append(session_id, Batch(rows, info=info), expected_version=0)


# ruff: noqa: S101  # a test suite; each name says what is tested
class ListContract:
    """Lists, searches, archive, clear."""

    def test_lists_are_newest_first_whatever_the_clock_says(self, store: SessionStore) -> None:
        future = datetime.datetime(2990, 1, 1, tzinfo=datetime.timezone.utc)
        store.append("a", Batch(at=future), expected_version=0)
        _put(store, "b")
        _put(store, "c")
        assert _ids(store.list_sessions().sessions) == ["c", "b", "a"]
        store.append("b", Batch([Row("turn", "0:0", "x")]), expected_version=1)
        assert _ids(store.list_sessions().sessions) == ["b", "c", "a"]
        store.archive("a")
        assert _ids(store.list_sessions().sessions) == ["b", "c", "a"]

    def test_pages_follow_each_other_without_gap_or_repetition(self, store: SessionStore) -> None:
        for number in range(23):
            _put(store, f"s{number}", user_id="u" if number % 2 else "v")
        seen, after, sizes = list[str](), None, list[int]()
        while True:
            page = store.list_sessions(limit=5, after=after)
            seen += _ids(page.sessions)
            sizes.append(len(page.sessions))
            after = page.after
            if after is None:
                break
            _put(store, f"new{len(sizes)}")  # what is written meanwhile does not shift pages
        assert seen == [f"s{number}" for number in reversed(range(23))]
        assert sizes == [5, 5, 5, 5, 3]
        assert _ids(store.sessions(user_id="u", limit=2)) == [f"s{n}" for n in range(21, 0, -2)]

    def test_filters_must_all_fit(self, store: SessionStore) -> None:
        _put(store, "a", user_id="u", metadata={"channel": "web", "n": 1})
        _put(store, "b", user_id="u", metadata={"channel": "app", "n": 1})
        _put(store, "c", user_id="v", metadata={"channel": "web", "n": 1.5})
        _put(store, "d")
        store.archive("b")
        assert _ids(store.list_sessions(user_id="u").sessions) == ["b", "a"]
        assert _ids(store.list_sessions(user_id="u", status="active").sessions) == ["a"]
        assert _ids(store.list_sessions(status="archived").sessions) == ["b"]
        assert _ids(store.list_sessions(metadata={"channel": "web"}).sessions) == ["c", "a"]
        assert _ids(store.list_sessions(metadata={"channel": "web", "n": 1}).sessions) == ["a"]
        assert _ids(store.list_sessions(user_id="v", metadata={"n": 1}).sessions) == []
        assert _ids(store.list_sessions(user_id="nobody").sessions) == []

    def test_metadata_is_searched_by_type_and_value(self, store: SessionStore) -> None:
        values = [True, False, None, 1, 0, "1", "true", "", "'", "a' OR '1'='1", "*", "é"]
        for number, value in enumerate(values):
            _put(store, f"s{number}", metadata={"k": value, "list": [value], "o": {"k": value}})
        _put(store, "without")
        for number, value in enumerate(values):
            assert _ids(store.list_sessions(metadata={"k": value}).sessions) == [f"s{number}"]

    def test_metadata_that_was_replaced_is_not_found(self, store: SessionStore) -> None:
        _put(store, "s", metadata={"old": 1, "both": 1})
        store.append("s", Batch(info={"metadata": {"both": 2}}), expected_version=1)
        assert _ids(store.list_sessions(metadata={"old": 1}).sessions) == []
        assert _ids(store.list_sessions(metadata={"both": 1}).sessions) == []
        assert _ids(store.list_sessions(metadata={"both": 2}).sessions) == ["s"]

    def test_text_is_found_wherever_it_was_said(self, store: SessionStore) -> None:
        said = Row("turn", "0:0", "{}", searchable("Straße nach KÖLN\n100% [a-z] _x\\ 'sql'"))
        _put(store, "a", said)
        other = Row("edits", "1", "{}", "berlin")
        _put(store, "b", Row("turn", "0:0", '{"köln": "Straße"}'), other)
        for text in ("strasse", "STRAßE", "Köln", "100%", "[A-Z]"):
            assert _ids(store.list_sessions(text=text).sessions) == ["a"]
        for text in ("_x\\", "'sql'", "\n100"):
            assert _ids(store.list_sessions(text=text).sessions) == ["a"]
        assert _ids(store.list_sessions(text="Berlin").sessions) == ["b"]
        for text in ("hamburg", "100_", "k_ln", "*"):
            assert _ids(store.list_sessions(text=text).sessions) == []

    def test_wrong_filters_are_refused(self, store: SessionStore) -> None:
        bad: list[dict[str, Any]] = [
            {"limit": 0}, {"limit": 1_001}, {"limit": True}, {"after": "x"}, {"after": "-1"},
            {"status": "gone"}, {"user_id": ""}, {"user_id": "a\x00"}, {"metadata": {"a b": 1}},
            {"metadata": {"": 1}}, {"metadata": {"a'": 1}}, {"metadata": {"x" * 65: 1}},
            {"metadata": {"a": "\x00"}}, {"updated_before": datetime.datetime(2020, 1, 1)},  # noqa: DTZ001
        ]  # fmt: skip
        for filters in bad:
            raised(ArgumentError, lambda filters=filters: store.list_sessions(**filters))
        wrong: list[dict[str, Any]] = [
            {"metadata": {"a": {}}}, {"metadata": {"a": []}}, {"metadata": {"a": object()}},
            {"metadata": {"a": float("nan")}}, {"metadata": "a"}, {"text": b"a"}, {"user_id": 1},
            {"metadata": {1: "a"}}, {"updated_before": "2020"}, {"metadata": {"a": "\ud800"}},
        ]  # fmt: skip
        for filters in wrong:
            raised(ArgumentTypeError, lambda filters=filters: store.list_sessions(**filters))

    def test_what_was_not_written_for_long_is_archived(self, store: SessionStore) -> None:
        day = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.timezone.utc)
        for number in range(5):
            batch = Batch(at=day + datetime.timedelta(days=number))
            store.append(f"s{number}", batch, expected_version=0)
        store.archive("s0")
        zone = datetime.timezone(datetime.timedelta(hours=5))
        before = (day + datetime.timedelta(days=3)).astimezone(zone)
        assert sorted(store.archive_inactive(before)) == ["s1", "s2"]
        assert store.archive_inactive(before) == []
        assert _ids(store.list_sessions(status="active").sessions) == ["s4", "s3"]

    def test_all_sessions_go_only_when_it_is_confirmed(self, store: SessionStore) -> None:
        for number in range(3):
            _put(store, f"s{number}", Row("turn", "0:0", "x"), metadata={"a": 1})
        raised(ArgumentError, store.clear_all)
        assert len(store.list_sessions().sessions) == 3
        assert store.clear_all(confirm=True) == 3
        assert store.clear_all(confirm=True) == 0
        assert store.list_sessions(metadata={"a": 1}).sessions == []
        assert store.rows("s1", ["turn"]) == []
