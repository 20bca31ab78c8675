"""What is said may be any text: every store keeps it, finds it, and runs none of it."""

from __future__ import annotations

import datetime

import pytest
from support.stored import anew

from dspy_session.errors import ArgumentError

TEXTS = [
    "a\x00b", "\x00", "\ud800", "a\udfff\ud800", "\U0001f642", "e\u0301 é", "\u202egnal", "\ufeff",
    "'; DROP TABLE sessions; --", '"', "\\", "\\u0000", "%", "_", "*", "{}", "{a}", "%s", ":x",
    "\r\n\t\x1b[31m", "<script>alert(1)</script>", "redis.call('FLUSHALL')", "x" * 10_000,
    "é\x00🙂" * 3_000, "null", "", " ",
]  # fmt: skip


def test_any_text_comes_back_as_it_was_said(chat):
    session = chat.open("s")
    for text in TEXTS:
        session.add_turn({"question": text}, {"answer": text[::-1]})
    session.edit_turn(0, outputs={"answer": "\x00\ud800 edited"}, note="\x00 note \ud800")
    there = anew(chat, "s")
    assert [turn.inputs["question"] for turn in there.turns] == TEXTS
    assert [turn.recorded["answer"] for turn in there.turns] == [text[::-1] for text in TEXTS]
    assert there.turns[0].outputs["answer"] == "\x00\ud800 edited"
    assert there.turns[0].note == "\x00 note \ud800"


@pytest.mark.parametrize("text", TEXTS[:6], ids=ascii)
def test_any_text_may_be_the_first_that_is_said(chat, store, text):
    session = chat.open("s", user_id="u", metadata={"channel": "web"})
    session.add_turn({"question": text}, {"answer": "fine"})
    [info] = store.list_sessions(user_id="u").sessions
    assert info.turns == 1
    info.preview.encode("utf-8")
    assert "\x00" not in info.preview


def test_what_was_said_is_found_and_nothing_else(chat, store):
    for number, text in enumerate(TEXTS):
        chat.open(f"s{number}").add_turn({"question": f"<{number}> {text}"}, {"answer": "fine"})
    for number in range(len(TEXTS)):
        found = store.list_sessions(text=f"<{number}> ").sessions
        assert [info.session_id for info in found] == [f"s{number}"]
    for text in ("'; drop table SESSIONS; --", "redis.call('FLUSHALL')", "x" * 10_000):
        assert len(store.list_sessions(text=text).sessions) == 1
    for text in ("%d%", "s%ssions", "red_s.call", "'; --"):
        assert store.list_sessions(text=text).sessions == []
    assert len(list(store.sessions())) == len(TEXTS)


def test_bad_ids_and_metadata_are_refused_before_anything_is_written(chat, store):
    for bad in ("", "a\x00", "\ud800", "x" * 10_000, "a\nb"):
        with pytest.raises(ArgumentError):
            chat.open(bad)
        with pytest.raises(ArgumentError):
            chat.open("s", user_id=bad)
    for metadata in ({"a b": 1}, {"a": "\x00"}, {"a": "x" * 70_000}, {"x" * 65: 1}, {"a'--": 1}):
        with pytest.raises(ArgumentError):
            chat.open("s", metadata=metadata)
    assert list(store.sessions()) == []


def test_times_are_aware_utc_and_order_nothing(chat, store):
    zone = datetime.timezone.utc
    for name in ("a", "b", "c"):
        chat.open(name).add_turn({"question": name}, {"answer": name})
    chat.open("a").add_turn({"question": "again"}, {"answer": "yes"})
    infos = list(store.sessions())
    assert [info.session_id for info in infos] == ["a", "c", "b"]
    for info in infos:
        assert info.created_at.tzinfo is info.updated_at.tzinfo is zone
        assert info.created_at <= info.updated_at <= datetime.datetime.now(zone)
    assert [turn.created_at.tzinfo for turn in anew(chat, "a").turns] == [zone, zone]
