"""The examples that the manager's contract is made of, with our names in them."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import SessionManager, StoredSession, sessionify
from dspy_session.errors import ArgumentError
from dspy_session.stores import MemorySessionStore, SQLiteSessionStore


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_basic_usage():
    manager = SessionManager(store=SQLiteSessionStore("sessions.db"))
    session = manager.create_session(user_id="user123")
    session.add_message("user", "Hello!")
    session.add_message("assistant", "Hi there!")
    manager.save(session)
    session = manager.get_session(session.session_id)
    assert [(m.role, m.content) for m in session.messages] == [
        ("user", "Hello!"),
        ("assistant", "Hi there!"),
    ]
    manager.store.close()


def test_the_session_object(capsys):
    session = StoredSession(
        session_id="sess_abc123",
        user_id="user123",
        metadata={"channel": "web", "language": "en"},
    )
    session.add_message("user", "What is it?")
    session.add_message("assistant", "It is an engine.")
    for msg in session.messages:
        print(f"{msg.role}: {msg.content}")  # noqa: T201
    assert capsys.readouterr().out == "user: What is it?\nassistant: It is an engine.\n"
    session.set_state("last_topic", "engines")
    assert session.get_state("last_topic") == "engines"
    assert session.created_at <= session.updated_at
    assert session.message_count == 2


def test_the_backends():
    SQLiteSessionStore(path="sessions.db", table_name="sessions").close()
    store = MemorySessionStore()  # cleared on restart
    SessionManager(store).create_session("u", "a")
    assert SessionManager(MemorySessionStore()).get_session("a") is None


def test_an_application_that_chats_with_session_persistence():
    manager = SessionManager(store=SQLiteSessionStore("chat.db"))
    lm = scripted_lm(*({"answer": f"answer {number}"} for number in range(3)))
    agent = dspy.Predict("question, history: dspy.History -> answer")
    agent.set_lm(lm)

    async def chat(user_id: str, message: str):
        # Get or create session
        sessions = manager.get_sessions_for_user(user_id)
        session = sessions[0] if sessions else manager.create_session(user_id)
        # Get history for context
        history = [{"role": msg.role, "content": msg.content} for msg in session.messages]
        pairs = zip(history[::2], history[1::2], strict=True)
        past = [{"question": q["content"], "answer": a["content"]} for q, a in pairs]
        result = await agent.acall(question=message, history=dspy.History(messages=past))
        # Store conversation
        session.add_message("user", message)
        session.add_message("assistant", result.answer)
        manager.save(session)
        return result.answer

    assert asyncio.run(chat("mia", "one")) == "answer 0"
    assert asyncio.run(chat("mia", "two")) == "answer 1"
    assert asyncio.run(chat("bob", "three")) == "answer 2"
    assert [len(call.turns) for call in lm.calls] == [0, 2, 0]
    (session,) = manager.get_sessions_for_user("mia")
    assert [m.content for m in session.messages] == ["one", "answer 0", "two", "answer 1"]
    manager.store.close()


def test_the_same_application_with_a_session_that_keeps_itself():
    chat = sessionify(dspy.Predict("question -> answer"), store="sqlite:///chat.db")
    chat.set_lm(scripted_lm({"answer": "one"}, {"answer": "two"}))
    mia = chat.open("mia", user_id="mia")
    mia(question="first")
    mia(question="second")
    manager = SessionManager(chat.store)
    assert [m.content for m in manager.get_session("mia").messages] == [
        "first",
        "one",
        "second",
        "two",
    ]
    chat.close()


def test_session_management():
    manager = SessionManager(store=MemorySessionStore())
    session = manager.create_session("user123")
    assert manager.get_sessions_for_user("user123") != []
    assert manager.archive_inactive(days=30) == []
    assert manager.delete(session.session_id)
    manager.create_session("user123")
    with pytest.raises(ArgumentError, match="confirm=True"):
        manager.clear_all()
    assert manager.clear_all(confirm=True) == 1


def test_the_life_of_a_session():
    manager = SessionManager(store=MemorySessionStore())
    session = manager.create_session("u", "s")
    session.add_message("user", "active")
    manager.save(session)
    session = manager.get_session("s")
    session.add_message("assistant", "active again")
    manager.save(session)
    manager.archive(session)
    assert manager.get_session("s").status == "archived"
    manager.delete(session)
    assert manager.get_session("s") is None
