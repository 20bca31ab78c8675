"""Imported conversations in a store: found, opened, gone on with."""

from __future__ import annotations

import dspy
from support.scripted import scripted_lm

from dspy_session import SessionManager, imports
from dspy_session.stores import MemorySessionStore, SQLiteSessionStore

ROWS = [
    {
        "id": "t-1",
        "lang": "en",
        "not a name": 3,
        "tools": [{"type": "function"}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Where is Oslo?"},
            {"role": "assistant", "content": "In Norway."},
            {"role": "user", "content": "And Bergen?"},
        ],
    },
    {"id": "t-2", "messages": [{"role": "assistant", "content": "Hello!"}]},
]


def test_imported_conversations_are_sessions_of_a_store(tmp_path):
    with SQLiteSessionStore(tmp_path / "chats.db") as store:
        manager = SessionManager(store)
        first, _ = imports.read(ROWS).stored(manager, user_id="mia")
        assert first.session_id == "t-1"
        found = manager.get_session("t-1")
        said = [(one.role, one.content) for one in found.messages]
        assert said == [(one["role"], one["content"]) for one in ROWS[0]["messages"]]
        assert (found.user_id, found.metadata) == ("mia", {"id": "t-1", "lang": "en"})
        assert found.get_state("import") == {k: v for k, v in ROWS[0].items() if k != "messages"}
        assert [one.session_id for one in manager.search(metadata={"lang": "en"})] == ["t-1"]
        assert [one.session_id for one in manager.search(text="bergen")] == ["t-1"]
        program = dspy.Predict("question -> answer")
        program.set_lm(scripted_lm({"answer": "There too."}))
        with manager.open("t-1", program) as chat:
            chat(question="And Bergen?")
            assert [turn.source for turn in chat.turns] == ["import", "call"]
        assert len(manager.get_session("t-1").messages) == 5


def test_what_cannot_be_stored_is_named_and_the_rest_is(tmp_path):
    manager = SessionManager(MemorySessionStore())
    rows = [ROWS[0], ROWS[0], {**ROWS[1], "id": "a\nb"}, {**ROWS[1], "id": "x" * 300}, ROWS[1]]
    imported = imports.read(rows)
    assert [one.session_id for one in imported.stored(manager)] == ["t-1", "t-2"]
    assert [one.where for one in imported.problems] == ["row 1", "row 2", "row 3"]
    assert "already" in imported.problems[0].message


def test_corrections_and_scores_are_stored_too():
    manager = SessionManager(MemorySessionStore())
    row = {"prompt": "2+2?", "chosen": "4", "rejected": "5"}
    (session,) = imports.read([row]).stored(manager)
    (turn,) = manager.get_session(session.session_id).turns
    assert (turn.recorded, turn.outputs) == ({"answer": "5"}, {"answer": "4"})
