"""Fields that turns have, whatever program recorded them."""

from __future__ import annotations

import dspy
from support.branches import numbered, said, turn_after
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._view.recorded import FieldFacts, RecordedFields


def test_fields_are_named_in_the_order_of_their_first_turn():
    branch = numbered(2)
    branch = branch.appended(turn_after(branch, {"query": "q"}, {"reply": "a", "why": "b"}))
    fork = said(branch.forked(1, "fork", 1), "q", "a")
    fork = fork.appended(turn_after(fork, {"question": "q", "mood": "glad"}, {"answer": "a"}))
    facts = FieldFacts()
    wanted = RecordedFields(("question", "query", "mood"), ("answer", "reply", "why"))
    assert facts.of([branch, fork]) == wanted
    assert facts.of([branch, fork]) == wanted
    grown = branch.appended(turn_after(branch, {"late": 1}, {"answer": "a"}))
    assert facts.of([grown]).inputs == ("question", "query", "late")
    assert FieldFacts().of([numbered(0)]) == RecordedFields()


def test_turns_of_another_program_keep_their_columns_and_the_new_one_can_be_called():
    with dspy.context(lm=scripted_lm(lambda call: {"answer": "a", "reply": "r"})):
        old = Session(dspy.Predict("question -> answer"))
        old(question="before")
        new = Session(dspy.Predict("message -> reply"))
        for turn in old.turns:
            new.add_turn(turn.inputs, turn.outputs)
        inspector = SessionInspector(new)
        summary = inspector.summary()
        assert [(one["name"], one["known"]) for one in summary["inputs"]] == [
            ("message", True),
            ("question", False),
        ]
        assert [one["name"] for one in summary["outputs"]] == ["reply", "answer"]
        assert "another program" in summary["outputs"][1]["annotation"]
        assert inspector.send(message="now") == {"reply": "r"}
        inspector.edit(0, answer="corrected")
        assert inspector.rows()[0]["outputs"][0]["edited"]
