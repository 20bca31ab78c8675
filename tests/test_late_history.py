"""Examples read their history when it is looked at, and are plain examples from then on."""

from __future__ import annotations

import copy
import pickle

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import sessionify
from dspy_session._late_history import with_late_history

HISTORY = dspy.History(messages=[{"question": "a", "answer": "b"}])
PLAIN = dspy.Example(answer="y", question="x", history=HISTORY).with_inputs("question", "history")


@pytest.fixture
def reads():
    """How often the history was read."""
    return []


@pytest.fixture
def late(reads):
    example = dspy.Example(answer="y", question="x").with_inputs("question", "history")
    return with_late_history(example, "history", lambda: reads.append(1) or HISTORY)


def test_other_fields_are_there_without_it(late, reads):
    assert isinstance(late, dspy.Example)
    assert (late.question, late["answer"], late.get("answer")) == ("x", "y", "y")
    assert "question" in late
    assert reads == []


LOOKS = {
    "attribute": lambda e: e.history,
    "item": lambda e: e["history"],
    "get": lambda e: e.get("history"),
    "in": lambda e: "history" in e,
    "missing": lambda e: (e.get("none"), "none" in e, getattr(e, "none", None)),
    "keys": lambda e: (e.keys(), e.values(), e.items(), len(e), list(e)),
    "inputs": lambda e: (e.inputs(), e.labels(), e.inputs().keys()),
    "equal": lambda e: (e == PLAIN, PLAIN == e),  # noqa: SIM300  # both ways round
    "repr": repr,
    "dict": lambda e: e.toDict(),
    "copies": lambda e: (e.copy(question="z"), e.without("answer"), e.with_inputs("question")),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),  # noqa: S301  # ours
    "base": lambda e: dspy.Example(base=e),
    "type": lambda e: type(e)(e, question="z"),
    "demo": lambda e: dspy.Example(e, augmented=True),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_finds_a_plain_example(late, reads, look):
    assert LOOKS[look](late) == LOOKS[look](PLAIN)
    assert reads == [1]
    assert type(late) is dspy.Example
    assert late == PLAIN
    assert late.history is HISTORY
    assert reads == [1]


def test_it_can_be_changed_before_it_was_read(late):
    late.answer = "z"
    late["note"] = 1
    del late["question"]
    assert dict(late.items()) == {"answer": "z", "history": HISTORY, "note": 1}


def test_another_thread_may_read_it_in_the_middle_of_a_look(late):
    class Key(str):
        def __hash__(self):
            repr(late)  # what the other thread does, just when this one looks the key up
            return str.__hash__(self)

    assert late.get(Key("none"), "default") == "default"
    assert late == PLAIN


def test_an_interrupted_reading_can_be_done_again():
    answers = iter([KeyboardInterrupt, None])

    def read():
        if (error := next(answers)) is not None:
            raise error
        return HISTORY

    example = with_late_history(dspy.Example(answer="y"), "history", read)
    with pytest.raises(KeyboardInterrupt):
        _ = example.history
    assert example.history is HISTORY


def test_what_happens_later_is_not_in_it():
    session = sessionify(dspy.Predict("question -> answer"))
    with dspy.context(lm=scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}"})):
        for question in "abc":
            session(question=question)
        seen = session.to_examples()[2]
        edited = session.to_examples(history="as_edited")[2]
        session.edit_turn(0, outputs={"answer": "better"})
        session.undo(2)
        session(question="d")
    answers = [message["answer"] for message in seen.history.messages]
    assert answers == [message["answer"] for message in edited.history.messages]
    assert answers == ["after 0", "after 1"]


def test_each_has_messages_of_its_own():
    session = sessionify(dspy.Predict("question -> answer"))
    for question in "abc":
        session.add_turn({"question": question}, {"answer": "x"})
    first, second = session.to_examples()[1:]
    first.history.messages[0]["answer"] = "changed"
    assert second.history.messages[0]["answer"] == "x"
    assert session.turns[0].outputs == {"answer": "x"}
    assert session.turns[1].history_snapshot.messages[0]["answer"] == "x"


def test_a_metric_that_does_not_look_costs_no_history(monkeypatch):
    session = sessionify(dspy.Predict("question -> answer"))
    for question in "abc":
        session.add_turn({"question": question}, {"answer": "x"})
    branch = type(session._branch)
    plain, read = branch.messages_seen, []
    monkeypatch.setattr(branch, "messages_seen", lambda *args: read.append(args[2]) or plain(*args))
    session.score(lambda example, prediction: float(example.answer == prediction.answer))
    assert read == []
    session.score(lambda example, _: float(len(example.history.messages)), name="length")
    assert read == [0, 1, 2]
    assert [turn.scores["length"] for turn in session.turns] == [0.0, 1.0, 2.0]
