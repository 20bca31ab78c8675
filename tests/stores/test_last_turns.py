"""The last turns of a stored conversation, read without the others."""

from __future__ import annotations

import dspy
import pytest
from support.stored import anew, answers

from dspy_session import errors, sessionify


def test_the_last_turns_are_what_an_opened_conversation_has(chat):
    with answers(*"abcdefgh"):
        here = chat.open("s")
        for n in range(6):
            here(question=f"{n}")
        here.edit_turn(4, outputs={"answer": "E"})
        fork = here.fork(at=3, name="what-if")
        fork(question="other")
        here.undo()
    for name in ("main", "what-if"):
        turns = anew(chat, "s", branch=name).turns
        for count in (0, 1, 2, 4, 99):
            found = chat.last_turns("s", count, branch=name)
            assert [(one.index, one.id, one.inputs, one.outputs) for one in found] == [
                (turn.index, turn.id, turn.inputs, turn.outputs)
                for turn in list(turns)[max(0, len(turns) - count) :]
            ]
    assert [one.outputs["answer"] for one in chat.last_turns("s", 2)] == ["d", "E"]


def test_only_their_rows_are_read(chat, store):
    with answers(*"abcd"):
        here = chat.open("s")
        for n in range(4):
            here(question=f"{n}")
    asked = []
    rows = store.rows

    def watched(session_id, kinds=(), keys=()):
        asked.extend([*kinds, *keys])
        return rows(session_id, kinds, keys)

    store.rows, store.load = watched, None
    assert len(chat.last_turns("s", 2)) == 2
    assert [one for one in asked if "turn" in one] == [("turn", "0:2"), ("turn", "0:3")]


def test_turns_that_were_forgotten_in_memory_are_not_returned(store):
    chat = sessionify(dspy.Predict("question -> answer"), store=store, max_stored_turns=2)
    with answers(*"abcdefgh"):
        here = chat.open("s")
        for n in range(8):
            here(question=f"{n}")
    assert [one.outputs["answer"] for one in chat.last_turns("s")] == ["g", "h"]
    assert [turn.outputs["answer"] for turn in anew(chat, "s").turns] == ["g", "h"]


def test_large_values_are_fetched_along(chat):
    picture = "QUJD" * 10_000
    with answers("a", "b"):
        here = chat.open("s")
        here(question=picture)
        here(question=picture)
    assert [one.inputs["question"] for one in chat.last_turns("s")] == [picture, picture]


def test_what_is_not_there_says_so(chat):
    with pytest.raises(errors.SessionNotFoundError, match="'s'"):
        chat.last_turns("s")
    chat.open("s")
    assert chat.last_turns("s") == []
    with pytest.raises(errors.BranchNotFoundError, match="'main'"):
        chat.last_turns("s", branch="other")
    for bad in (-1, True, "1"):
        with pytest.raises(errors.ArgumentError):
            chat.last_turns("s", bad)
