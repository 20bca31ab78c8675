"""A stored session as a chat: messages, turns, state, metadata; what is saved comes back."""

from __future__ import annotations

import datetime

import pytest

from dspy_session import SessionManager, StoredSession
from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    EncodeError,
    SessionArchivedError,
    SessionConflictError,
    SessionNotFoundError,
)
from dspy_session.stores import MemorySessionStore, SQLiteSessionStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemorySessionStore()
        return
    with SQLiteSessionStore(tmp_path / "sessions.db") as store:
        yield store


@pytest.fixture
def manager(store):
    return SessionManager(store)


def said(session):
    return [(message.role, message.content) for message in session.messages]


def again(manager, session):
    found = manager.get_session(session.session_id)
    assert found is not None
    return found


def test_a_conversation_comes_back_as_it_was_saved(manager):
    session = manager.create_session(user_id="user123")
    session.add_message("user", "Hello!")
    session.add_message("assistant", "Hi there!")
    manager.save(session)
    found = again(manager, session)
    assert said(found) == [("user", "Hello!"), ("assistant", "Hi there!")]
    assert found.user_id == "user123"
    assert found.message_count == 2
    assert [(turn.inputs, turn.outputs) for turn in found.turns] == [
        ({"question": "Hello!"}, {"answer": "Hi there!"})
    ]
    assert manager.get_session("nobody") is None


def test_a_question_without_an_answer_is_saved_and_answered_later(manager):
    session = manager.create_session("u")
    session.add_message("user", "Are you there?")
    manager.save(session)
    waiting = again(manager, session)
    assert said(waiting) == [("user", "Are you there?")]
    assert len(waiting.turns) == 0
    waiting.add_message("assistant", "Yes.")
    manager.save(waiting)
    answered = again(manager, session)
    assert said(answered) == [("user", "Are you there?"), ("assistant", "Yes.")]
    assert answered.turns[0].inputs == {"question": "Are you there?"}


def test_every_role_keeps_its_place(manager):
    script = [
        ("system", "Be brief."),
        ("user", "one"),
        ("user", "two"),
        ("tool", "looked up"),
        ("assistant", "three"),
        ("assistant", "four"),
        ("system", "Be kind."),
        ("user", "five"),
        ("tool", "waiting"),
    ]
    session = manager.create_session("u")
    for at, (role, content) in enumerate(script):
        session.add_message(role, content)
        assert said(session) == script[: at + 1]
        if at % 2:
            manager.save(session)
            session = again(manager, session)
    manager.save(session)
    assert said(again(manager, session)) == script
    assert len(session.turns) == 2


def test_state_and_metadata_come_back(manager):
    session = manager.create_session("u", metadata={"channel": "web", "language": "en"})
    session.set_state("last_topic", "PYAI")
    session.set_state("seen", {1, 2})
    session.set_state("a/b:\x00 ü", [datetime.date(2026, 1, 2), None])
    session.metadata["plan"] = "pro"
    manager.save(session)
    found = again(manager, session)
    assert found.get_state("last_topic") == "PYAI"
    assert found.get_state("seen") == {1, 2}
    assert found.get_state("a/b:\x00 ü") == [datetime.date(2026, 1, 2), None]
    assert found.get_state("none") is None
    assert found.get_state("none", 3) == 3
    assert found.metadata == {"channel": "web", "language": "en", "plan": "pro"}
    found.set_state("seen", None)
    manager.save(found)
    assert again(manager, session).get_state("seen") is None
    assert again(manager, session).get_state("last_topic") == "PYAI"


def test_a_value_in_the_state_is_a_copy(manager):
    session = manager.create_session("u")
    value = ["a"]
    session.set_state("list", value)
    value.append("b")
    session.get_state("list").append("c")
    assert session.get_state("list") == ["a"]
    with pytest.raises(EncodeError, match="state 'bad'"):
        session.set_state("bad", object())
    with pytest.raises(ArgumentTypeError):
        session.set_state(3, "x")


def test_a_session_can_be_made_without_a_manager_and_saved_later(manager):
    session = StoredSession(session_id="sess_abc123", user_id="user123", metadata={"a": 1})
    session.add_message("user", "What is it?")
    session.add_message("assistant", "An engine.")
    assert session.created_at.tzinfo is not None
    manager.save(session)
    assert said(again(manager, session)) == said(session)
    assert manager.get_session("sess_abc123").metadata == {"a": 1}
    assert StoredSession().session_id != StoredSession().session_id


def test_times_are_aware_and_say_when_it_was_made_and_written(manager):
    session = manager.create_session("u")
    made, written = session.created_at, session.updated_at
    assert made.utcoffset() == datetime.timedelta(0)
    session.add_message("user", "x")
    manager.save(session)
    found = again(manager, session)
    assert (found.created_at, session.created_at) == (made, made)
    assert found.updated_at == session.updated_at
    assert found.updated_at >= written


def test_saving_again_writes_only_what_is_new(manager, store):
    session = manager.create_session("u")
    for number in range(3):
        session.add_message("user", f"q{number}")
        session.add_message("assistant", f"a{number}")
    manager.save(session)
    version = store.info(session.session_id).version
    manager.save(session)
    assert store.info(session.session_id).version == version
    before = {(row.kind, row.key): row for row in store.load(session.session_id).rows}
    session.add_message("user", "q3")
    session.add_message("assistant", "a3")
    manager.save(session)
    after = {(row.kind, row.key): row for row in store.load(session.session_id).rows}
    assert [name for name in after if name[0] == "turn" and name not in before] != []
    assert all(after[name] == row for name, row in before.items() if name[0] == "turn")


def test_the_second_of_two_writers_is_refused_and_can_repeat_it(manager):
    first = manager.create_session("u")
    second = again(manager, first)
    first.add_message("user", "from the first")
    manager.save(first)
    second.add_message("user", "from the second")
    second.set_state("topic", "x")
    with pytest.raises(SessionConflictError):
        manager.save(second)
    assert said(again(manager, first)) == [("user", "from the first")]
    assert said(second) == [("user", "from the second")]
    second = again(manager, first)
    second.add_message("assistant", "repeated")
    manager.save(second)
    assert said(again(manager, first)) == [("user", "from the first"), ("assistant", "repeated")]


def test_a_deleted_session_is_not_brought_back_by_a_late_save(manager):
    session = manager.create_session("u")
    (listed,) = manager.get_sessions_for_user("u")
    assert manager.delete(session.session_id) is True
    assert manager.delete(session) is False
    session.add_message("user", "x")
    with pytest.raises(SessionConflictError):
        manager.save(session)
    with pytest.raises(SessionNotFoundError, match="deleted"):
        _ = listed.messages
    assert manager.get_session(session.session_id) is None


def test_an_archived_session_is_read_and_takes_no_messages(manager):
    session = manager.create_session("u")
    manager.archive(session)
    found = again(manager, session)
    assert found.status == "archived"
    found.add_message("user", "x")
    with pytest.raises(SessionArchivedError):
        manager.save(found)
    manager.unarchive(session.session_id)
    found = again(manager, session)
    found.add_message("user", "x")
    manager.save(found)
    assert found.status == "active"


def test_bad_messages_are_refused(manager):
    session = manager.create_session("u")
    with pytest.raises(ArgumentTypeError, match="content is a str, got int"):
        session.add_message("user", 3)
    with pytest.raises(ArgumentTypeError, match="role is a str"):
        session.add_message(None, "x")
    with pytest.raises(ArgumentError, match="a role is user, assistant"):
        session.add_message("", "x")
    assert session.messages == []


def test_hostile_text_comes_back_as_it_was(manager):
    texts = [
        "\x00 \ud83d <script>",
        "'; DROP TABLE sessions; --",
        "\u202e\ufeff",
        "x" * 200_000,
        "",
    ]
    session = manager.create_session("u")
    for text in texts:
        session.add_message("user", text)
        session.add_message("assistant", text)
        session.set_state(text[:50], text)
    session.add_message("user", texts[0])
    manager.save(session)
    found = again(manager, session)
    assert [content for _, content in said(found)] == [t for t in texts for _ in "12"] + texts[:1]
    assert [found.get_state(text[:50]) for text in texts] == texts


def test_other_field_names(store):
    manager = SessionManager(store, input_field="message", output_field="reply")
    session = manager.create_session("u")
    session.add_message("user", "a")
    session.add_message("assistant", "b")
    manager.save(session)
    assert session.turns[0].inputs == {"message": "a"}
    assert said(SessionManager(store).get_session(session.session_id)) == said(session)
    with pytest.raises(ArgumentError, match="input_field is a field's name"):
        SessionManager(store, input_field="my question")
