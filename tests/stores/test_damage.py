"""Values that are hard to store, calls that fail, and rows that are damaged."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm
from support.stored import anew, answers, whole

from dspy_session import errors, sessionify
from dspy_session.stores import Batch

# --- failing calls, values ---------------------------------------------------------------------


def test_a_call_that_fails_writes_nothing(chat, store):
    here = chat.open("s")
    before = store.load("s")
    lm = scripted_lm(RuntimeError("out of credit"))
    with dspy.context(lm=lm), pytest.raises(Exception, match="out of credit"):
        here(question="1")
    assert store.load("s") == before


def test_a_value_that_cannot_be_stored_is_stored_by_its_repr_and_flagged(store):
    class Odd:
        def __repr__(self):
            return "<odd>"

    class Program(dspy.Module):
        def forward(self, question):
            return dspy.Prediction(answer="fine", odd=Odd())

    chat = sessionify(Program(), store=store)
    here = chat.open("s")
    here(question="1")
    assert isinstance(here.turns[0].outputs["odd"], Odd)
    there = anew(chat, "s")
    assert there.turns[0].outputs == {"answer": "fine", "odd": "<odd>"}
    assert any("'odd' could not be stored" in flag for flag in there.turns[0].flags)


def test_an_edit_that_cannot_be_written_changes_nothing_and_leaves_no_trace(chat):
    class Odd:
        pass

    here = chat.open("s")
    with answers("a", "b"):
        here(question="1")
        with pytest.raises(errors.EncodeError, match="answer"):
            here.edit_turn(0, outputs={"answer": Odd()})
        assert here.turns[0].outputs == {"answer": "a"}
        here.edit_turn(0, outputs={"answer": "A"})
        here(question="2")
    assert whole(anew(chat, "s")) == whole(here)


def test_a_conversation_that_is_open_may_begin_to_skip(chat, store):
    with answers("a", "b"):
        chat.open("s")(question="1")
    spoil(store, "s", "turn", "0:0", "[]\n{")
    here = chat.open("s")
    with pytest.raises(errors.DamagedRowError):
        _ = here.turns[0].outputs
    assert chat.open("s", on_corrupt="skip").turns[0].outputs == {}


def test_a_large_value_is_stored_once(chat, store):
    picture = "data:image/png;base64," + "QUJD" * 100_000
    with answers(*"abcde"):
        here = chat.open("s")
        for _ in range(5):
            here(question=picture)
    assert sum(len(row.body) for row in store.load("s").rows) < 1.5 * len(picture)
    assert [turn.inputs["question"] for turn in anew(chat, "s").turns] == [picture] * 5


def test_hostile_text_comes_back(chat):
    hostile = ["\x00", "'; DROP TABLE sessions; --", "\u2028", "🙂" * 100]
    hostile.append('{"$type": "stored", "key": "x"}')
    with answers(*hostile):
        here = chat.open("s")
        for text in hostile:
            here(question=text)
    for text in ("\ud800", "\ud83d\ude00"):  # which no model is sent, but files may hold
        here.add_turn({"question": text}, {"answer": text})
        hostile.append(text)
    there = anew(chat, "s")
    assert [turn.inputs["question"] for turn in there.turns] == hostile
    assert whole(there) == whole(here)


# --- damage ------------------------------------------------------------------------------------


def spoil(store, session_id, kind, key, body="{"):
    from dspy_session.stores import Row

    version = store.info(session_id).version
    store.append(session_id, Batch([Row(kind, key, body)]), expected_version=version)


def test_a_damaged_turn_is_named_and_the_rest_is_readable(chat, store):
    with answers(*"abcd"):
        here = chat.open("s")
        for n in range(4):
            here(question=f"{n}")
    del here
    spoil(store, "s", "turn", "0:1", '["x"]\n{"records": [{"id"')
    there = anew(chat, "s")
    assert there.turns[2].outputs["answer"] == "c"
    with pytest.raises(errors.DamagedRowError, match=r"session 's'.*row turn 0:1"):
        _ = there.turns[1].outputs
    skipped = anew(chat, "s", on_corrupt="skip")
    assert [turn.outputs.get("answer") for turn in skipped.turns] == ["a", None, "c", "d"]
    assert [(one.session_id, one.row) for one in skipped.problems] == [("s", "turn 0:1")]
    with answers("e"):
        skipped(question="4")
    assert anew(chat, "s", on_corrupt="skip").turns[4].outputs["answer"] == "e"


@pytest.mark.parametrize("kind", ["branch", "run", "text", "edits", "marks", "seed"])
def test_other_damage_is_named(store, kind):
    history = dspy.History(messages=[{"question": "q", "answer": "a"}])
    chat = sessionify(dspy.Predict("question -> answer"), store=store, initial_history=history)
    with answers("a", "b"):
        here = chat.open("s")
        here(question="1")
        here.edit_turn(0, outputs={"answer": "A"}, note="n")
        here(question="2")
    rows = [row for row in store.load("s").rows if row.kind == kind]
    for row in rows:
        spoil(store, "s", kind, row.key)
    del here

    def read_all():
        there = anew(chat, "s")
        for turn in there.turns:
            _ = turn.outputs, turn.history_snapshot, [list(r.prompt) for r in turn.requests]

    with pytest.raises(
        errors.DamagedRowError, match=f"row {kind} ({'|'.join(row.key for row in rows)})"
    ):
        read_all()
