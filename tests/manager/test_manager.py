"""Sessions are made, found, put aside and taken away; the same awaited."""

from __future__ import annotations

import asyncio
import datetime
import inspect

import dspy
import pydantic
import pytest
from support.scripted import scripted_lm

from dspy_session import SessionManager, StoredSession, sessionify
from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    NotFoundError,
    SessionArchivedError,
    SessionNotFoundError,
)
from dspy_session.stores import MemorySessionStore, SQLiteSessionStore


@pytest.fixture(params=["memory", "sqlite"])
def manager(request, tmp_path):
    if request.param == "memory":
        yield SessionManager(MemorySessionStore())
        return
    with SQLiteSessionStore(tmp_path / "sessions.db") as store:
        yield SessionManager(store)


def ids(sessions):
    return [session.session_id for session in sessions]


def talk(manager, session_id, said, user="u1", **metadata):
    session = manager.create_session(user, session_id, metadata)
    session.add_message("user", said)
    session.add_message("assistant", f"You said: {said}")
    manager.save(session)
    return session


# --- making --------------------------------------------------------------------------------------


def test_an_id_can_be_taken_once(manager):
    manager.create_session("u1", "one")
    with pytest.raises(ArgumentError, match="there is a session 'one' already"):
        manager.create_session("u2", "one")
    assert manager.get_session("one").user_id == "u1"


def test_ids_of_their_own_never_meet(manager):
    assert len({manager.create_session("u").session_id for _ in range(50)}) == 50


@pytest.mark.parametrize("bad", ["", "a\nb", "\ud800", "x" * 256])
def test_what_is_no_id_is_refused(manager, bad):
    for work in (
        lambda: manager.create_session("u", bad),
        lambda: manager.create_session(bad),
        lambda: manager.get_session(bad),
        lambda: manager.get_sessions_for_user(bad),
        lambda: manager.delete(bad),
        lambda: manager.archive(bad),
        lambda: StoredSession(bad),
    ):
        with pytest.raises(ArgumentError):
            work()


def test_wrong_arguments_are_refused(manager):
    with pytest.raises(ArgumentTypeError):
        manager.create_session(3)
    with pytest.raises(ArgumentTypeError, match="metadata is a dict"):
        manager.create_session("u", metadata=["a"])
    with pytest.raises(ArgumentTypeError, match="made of what JSON knows"):
        manager.create_session("u", metadata={"a": object()})
    with pytest.raises(ArgumentTypeError, match="save takes a StoredSession"):
        manager.save("one")
    with pytest.raises(ArgumentError, match="no store has a URL"):
        SessionManager("mysql://x")
    with pytest.raises(ArgumentError, match="days is a number from 0"):
        manager.archive_inactive(-1)
    with pytest.raises(ArgumentTypeError, match="days is a number, got str"):
        manager.archive_inactive("30")
    assert manager.search() == [] or len(manager.search()) == 0


# --- finding -------------------------------------------------------------------------------------


def test_a_users_sessions_newest_first(manager):
    for session_id in ("a", "b", "c"):
        manager.create_session("u1", session_id)
    manager.create_session("u2", "d")
    session = manager.get_session("a")
    session.add_message("user", "again")
    manager.save(session)
    assert ids(manager.get_sessions_for_user("u1")) == ["a", "c", "b"]
    assert ids(manager.get_sessions_for_user("u1", limit=2)) == ["a", "c"]
    assert manager.get_sessions_for_user("nobody") == []
    manager.archive("c")
    assert ids(manager.get_sessions_for_user("u1")) == ["a", "b"]
    assert ids(manager.get_sessions_for_user("u1", archived=True)) == ["a", "c", "b"]


def test_search_by_text_metadata_user_and_status(manager):
    talk(manager, "a", "Where is my INVOICE?", channel="web", n=1)
    talk(manager, "b", "I was charged twice", user="u2", channel="mail", n=1)
    talk(manager, "c", "The invoice is wrong", user="u2", channel="web", n=2)
    manager.archive("a")
    assert ids(manager.search(text="invoice")) == ["c", "a"]
    assert ids(manager.search(text="you said: i was")) == ["b"]
    assert ids(manager.search(metadata={"channel": "web"})) == ["c", "a"]
    assert ids(manager.search(metadata={"channel": "web", "n": 1})) == ["a"]
    assert ids(manager.search(user_id="u2", text="invoice")) == ["c"]
    assert ids(manager.search(status="archived")) == ["a"]
    assert len(manager.search(text="%")) == 0
    waiting = manager.create_session("u3", "d")
    waiting.add_message("user", "Anybody there?")
    manager.save(waiting)
    assert ids(manager.search(text="anybody")) == ["d"]


def test_pages_join_without_gap_or_double(manager):
    for number in range(25):
        manager.create_session("u", f"s{number}")
    seen, after = [], None
    while True:
        page = manager.search(user_id="u", limit=10, after=after)
        seen += ids(page)
        if (after := page.after) is None:
            break
        manager.create_session("u", f"late-{len(seen)}")
    assert seen == [f"s{number}" for number in reversed(range(25))]


def test_found_sessions_are_read_when_looked_into(manager):
    talk(manager, "a", "hello")
    (found,) = manager.search(text="hello")
    assert "turns=1" in repr(found)
    assert [message.content for message in found.messages] == ["hello", "You said: hello"]


# --- putting aside and taking away ---------------------------------------------------------------


def test_archiving_is_taken_back(manager):
    talk(manager, "a", "hello")
    manager.archive("a")
    manager.archive("a")
    assert manager.get_session("a").status == "archived"
    manager.unarchive("a")
    assert manager.get_session("a").status == "active"
    with pytest.raises(SessionNotFoundError):
        manager.archive("nobody")


def test_only_what_was_left_alone_is_archived(manager):
    for session_id in ("old", "new"):
        talk(manager, session_id, "hello")
    assert manager.archive_inactive(days=30) == []
    assert sorted(manager.archive_inactive(days=0)) == ["new", "old"]
    assert manager.archive_inactive(days=0) == []


def test_clearing_needs_to_be_told_so(manager):
    talk(manager, "a", "hello")
    talk(manager, "b", "hello", user="u2")
    with pytest.raises(ArgumentError, match="confirm=True"):
        manager.clear_all()
    assert manager.clear_all(confirm=True) == 2
    assert len(manager.search()) == 0


# --- programs ------------------------------------------------------------------------------------


def test_messages_are_a_programs_history_and_its_turns_are_messages(manager):
    talk(manager, "a", "I am Max")
    lm = scripted_lm({"answer": "Max."})
    program = dspy.Predict("question -> answer")
    program.set_lm(lm)
    with manager.open("a", program) as chat:
        assert chat(question="Who am I?").answer == "Max."
    assert [one["role"] for one in lm.calls[0].turns] == ["user", "assistant"]
    assert "I am Max" in lm.calls[0].turns[0]["content"]
    assert [message.content for message in manager.get_session("a").messages] == [
        "I am Max",
        "You said: I am Max",
        "Who am I?",
        "Max.",
    ]


def test_a_question_noted_first_and_answered_by_a_program_is_one_message(manager):
    session = manager.create_session("u", "a")
    session.add_message("user", "Who am I?")
    manager.save(session)
    program = dspy.Predict("question -> answer")
    program.set_lm(scripted_lm({"answer": "Max."}))
    manager.open("a", program)(question="Who am I?")
    found = manager.get_session("a")
    assert [message.content for message in found.messages] == ["Who am I?", "Max."]
    found.add_message("user", "And now?")
    found.add_message("assistant", "Still.")
    manager.save(found)
    assert manager.get_session("a").turns[1].inputs == {"question": "And now?"}


def test_a_managers_program_gives_messages_its_fields(tmp_path):
    program = dspy.Predict("message -> mood, reply")
    manager = SessionManager(MemorySessionStore(), program=program)
    session = talk(manager, "a", "hello")
    assert session.turns[0].inputs == {"message": "hello"}
    assert session.turns[0].outputs == {"reply": "You said: hello"}
    lm = scripted_lm({"mood": "good", "reply": "hi"})
    program.set_lm(lm)
    chat = manager.open("a")
    chat(message="again")
    assert "None" not in str(lm.calls[0].messages)
    assert manager.get_session("a").messages[-1].content == "mood: good\nreply: hi"


class Order(pydantic.BaseModel):
    id: int


def test_without_its_program_a_conversation_can_be_read_and_corrected(manager):
    program = dspy.Predict(
        dspy.Signature("question -> order", "").with_updated_fields("order", Order)
    )
    program.set_lm(scripted_lm({"order": {"id": 7}}))
    chat = sessionify(program, store=manager.store)
    chat.open("a", "u")(question="Which?")
    with manager.open("a") as session:
        assert dict(session.turns[0].outputs["order"]) == {"id": 7}
        session.edit_turn(0, label="seen", score=0.5)
        session.fork(at=0, name="other")
        with pytest.raises(ArgumentError, match="opened without its program"):
            session(question="And?")
    with chat.open("a") as again:
        assert again.turns[0].outputs["order"] == Order(id=7)
        assert (again.turns[0].label, list(again.branches)) == ("seen", ["main", "other"])
    assert manager.get_session("a").messages[1].content == "Order(id=7)"


def test_opening_what_is_not_there_or_archived(manager):
    with pytest.raises(NotFoundError, match="no session 'nobody'"):
        manager.open("nobody")
    talk(manager, "a", "hello")
    manager.archive("a")
    with manager.open("a") as session:
        assert len(session.turns) == 1
        with pytest.raises(SessionArchivedError):
            session.edit_turn(0, score=1)


# --- awaited -------------------------------------------------------------------------------------


def test_every_method_has_an_awaited_twin(manager):
    async def life():
        session = await manager.acreate_session("u1", "a", {"channel": "web"})
        session.add_message("user", "hello")
        session.add_message("assistant", "hi")
        await manager.asave(session)
        assert (await manager.aget_session("a")).message_count == 2
        (mine,) = await manager.aget_sessions_for_user("u1")
        assert mine.messages[0].content == "hello"
        assert ids(await manager.asearch(text="hello")) == ["a"]
        await manager.aarchive("a")
        await manager.aunarchive(session)
        assert await manager.aarchive_inactive(0) == ["a"]
        assert await manager.adelete("a") is True
        assert await manager.aget_session("a") is None
        assert await manager.aclear_all(confirm=True) == 0

    asyncio.run(life())
    for name, method in inspect.getmembers(SessionManager, inspect.isfunction):
        if not name.startswith(("_", "a")) and name != "open":
            assert hasattr(SessionManager, f"a{name}"), name
            assert method.__doc__


def test_times_are_what_the_store_knows(manager):
    before = datetime.datetime.now(datetime.timezone.utc)
    session = talk(manager, "a", "hello")
    (found,) = manager.search()
    assert before <= found.created_at <= found.updated_at == session.updated_at
