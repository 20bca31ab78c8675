"""Turns as training data."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify


def chat(turns=4, name="q", **settings):
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}"}))
    for number in range(turns):
        session(question=f"{name}{number}")
    return session


def questions(examples):
    return [example.question for example in examples]


def not_q1(example, prediction):
    return float(example.question != "q1")


def test_each_turn_is_an_example_with_its_history():
    session = chat(3)
    examples = session.to_examples()
    assert questions(examples) == ["q0", "q1", "q2"]
    assert [len(example.history.messages) for example in examples] == [0, 1, 2]
    assert examples[2].inputs().toDict().keys() == {"question", "history"}
    assert examples[2].labels().toDict() == {"answer": "after 2"}
    assert session.to_trainset() == examples


def test_an_example_is_the_callers_own():
    session = chat(2)
    example = session.to_examples()[1]
    example.history.messages[0]["answer"] = "spoilt"
    example.answer = "spoilt"
    assert session.turns[1].history_snapshot.messages[0]["answer"] == "after 0"
    assert session.turns[1].outputs == {"answer": "after 1"}


def test_without_history_the_inputs_are_the_turns_own():
    example = chat(2).to_examples(include_history=False)[1]
    assert example.inputs().toDict() == {"question": "q1"}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"metric": not_q1}, ["q0", "q1", "q2", "q3"]),
        ({"metric": not_q1, "min_score": 0.5}, ["q0", "q2", "q3"]),
        ({"metric": not_q1, "min_score": 1.0}, ["q0", "q2", "q3"]),
        ({"metric": not_q1, "min_score": 1.1}, []),
        ({"metric": not_q1, "min_score": 0.5, "strict_trajectory": True}, ["q0"]),
        ({"min_score": 0.0}, []),
    ],
)
def test_scores_say_what_is_kept(options, kept):
    assert questions(chat().to_examples(**options)) == kept


def test_a_metric_compares_its_own_scores_not_a_later_hand():
    session = chat(2)
    session.score(not_q1)
    session.edit_turn(1, score=1.0)
    assert questions(session.to_examples(min_score=0.5)) == ["q0", "q1"]
    assert questions(session.to_examples(metric=not_q1, min_score=0.5)) == ["q0"]


def test_excluded_turns_are_left_out_and_end_no_trajectory():
    session = chat(3)
    session.edit_turn(1, excluded=True)
    assert questions(session.to_examples()) == ["q0", "q2"]
    assert questions(session.to_examples(strict_trajectory=True)) == ["q0", "q2"]
    assert len(session.session_history.messages) == 3


def test_turns_without_outputs_are_left_out_unless_wanted():
    session = chat(1)
    session.add_turn(inputs={"question": "empty"}, outputs={})
    assert questions(session.to_examples()) == ["q0"]
    assert questions(session.to_examples(require_outputs=False)) == ["q0", "empty"]


def test_edits_are_labels_and_enter_the_history_when_asked():
    session = chat(2)
    session.edit_turn(0, outputs={"answer": "gold"})
    seen, edited = session.to_examples(), session.to_examples(history="as_edited")
    assert (seen[0].answer, edited[0].answer) == ("gold", "gold")
    assert seen[1].history.messages[0]["answer"] == "after 0"
    assert edited[1].history.messages[0]["answer"] == "gold"


def test_branches_share_examples_of_common_turns():
    session = chat(3)
    branch = session.fork(at=2)
    branch(question="other")
    merged = Session.merge_examples(session, branch, session)
    assert questions(merged) == ["q0", "q1", "q2", "other"]


def test_a_turn_that_reads_differently_on_a_branch_comes_twice():
    session = chat(2)
    branch = session.fork()
    branch.edit_turn(1, outputs={"answer": "gold"})
    merged = Session.merge_examples(session, branch)
    assert [(one.question, one.answer) for one in merged] == [
        ("q0", "after 0"),
        ("q1", "after 1"),
        ("q1", "gold"),
    ]


def test_the_same_correction_on_two_branches_comes_once():
    session = chat(1)
    branch = session.fork()
    for one in (session, branch):
        one.edit_turn(0, outputs={"answer": "gold"})
    assert len(Session.merge_examples(session, branch)) == 1


def test_merging_takes_the_options_of_examples():
    one, other = chat(2), chat(2, name="p")
    merged = Session.merge_examples(one, other, metric=not_q1, min_score=0.5)
    assert questions(merged) == ["q0", "p0", "p1"]
    assert Session.merge_examples() == []
    with pytest.raises(errors.ArgumentTypeError, match="got str"):
        Session.merge_examples(one, "other")
    with pytest.raises(TypeError, match="min_scores"):
        Session.merge_examples(one, min_scores=0.5)


def test_an_edit_of_an_earlier_turn_counts_where_the_history_shows_it():
    session = chat(2)
    branch = session.fork()
    branch.edit_turn(0, outputs={"answer": "gold"})
    seen = Session.merge_examples(session, branch)
    assert questions(seen) == ["q0", "q1", "q0"]
    edited = Session.merge_examples(session, branch, history="as_edited")
    assert questions(edited) == ["q0", "q1", "q0", "q1"]


def test_preferences_pair_the_edit_with_the_recording():
    session = chat(2)
    session.edit_turn(1, outputs={"answer": "better"})
    (pair,) = session.to_preferences()
    assert pair.keys() == {"prompt", "chosen", "rejected"}
    assert "q1" in pair["prompt"][-1]["content"]
    assert "better" in pair["chosen"][0]["content"]
    assert "after 1" in pair["rejected"][0]["content"]
    session.edit_turn(1, excluded=True)
    assert session.to_preferences() == []


def test_a_trimmed_conversation_gives_what_is_stored():
    session = chat(5, max_stored_turns=2)
    examples = session.to_examples()
    assert questions(examples) == ["q3", "q4"]
    assert questions(examples[0].history.messages and examples[:1]) == ["q3"]
    assert [len(example.history.messages) for example in examples] == [2, 2]
