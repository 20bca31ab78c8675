"""Several completions of one prompt: the first is the answer, the others are kept beside it."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify


def numbered():
    """Each completion is asked for on its own, and says which it is and what it has seen."""
    given = iter(range(1000))
    return scripted_lm(
        lambda call: {
            "reasoning": "because",
            "plan": f"plan {next(given)}",
            "answer": f"answer {next(given) // 2} after {len(call.turns) // 2}",
        }
    )


class Planned(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan", n=2)
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        plans = self.planner(question=question).completions.plan
        return self.writer(question=question, plan=plans[-1])


def asked(program, questions=1):
    session = sessionify(program)
    session.set_lm(numbered())
    for number in range(questions):
        session(question=f"q{number}")
    return session


@pytest.mark.parametrize("kind", [dspy.Predict, dspy.ChainOfThought])
def test_the_first_completion_is_the_answer_and_the_others_stand_beside_it(kind):
    session = asked(kind("question -> answer", n=3), questions=2)
    first, second = session.turns
    assert first.outputs["answer"] == "answer 0 after 0"
    assert [other["answer"] for other in first.alternatives] == [
        "answer 1 after 0",
        "answer 2 after 0",
    ]
    assert all(other.keys() == first.outputs.keys() for other in first.alternatives)
    assert first.completion_tokens == 15
    # Only the answer is part of the conversation.
    assert [m["answer"] for m in second.history_snapshot.messages] == ["answer 0 after 0"]


async def test_awaited_they_are_kept_too():
    session = sessionify(dspy.Predict("question -> answer", n=2))
    session.set_lm(numbered())
    await session.acall(question="?")
    assert len(session.turns[0].alternatives) == 1


def test_one_completion_has_no_alternatives():
    session = asked(dspy.Predict("question -> answer"))
    assert session.turns[0].alternatives == []


def test_those_of_a_nested_call_are_kept_with_it():
    session = asked(Planned())
    planner, writer = session.turns[0].calls
    assert planner.outputs == {"plan": "plan 0"}
    assert planner.alternatives == [{"plan": "plan 2"}]
    assert (writer.alternatives, session.turns[0].alternatives) == ([], [])


def test_completions_made_by_hand_in_any_shape_lose_no_answer():
    class Odd(dspy.Module):
        def forward(self, question):
            prediction = dspy.Prediction.from_completions({"answer": ["a", "b"]})
            prediction.completions._completions["more"] = ["only one"]
            return prediction if question == "uneven" else dspy.Prediction.from_completions({})

    session = sessionify(Odd())
    session(question="uneven")
    session(question="none")
    assert [turn.outputs for turn in session.turns] == [{"answer": "a"}, {}]
    assert [turn.alternatives for turn in session.turns] == [[], []]


def test_an_alternative_becomes_a_branch_of_its_own():
    session = asked(dspy.Predict("question -> answer", n=3), questions=2)
    calls = len(session.get_lm().calls)
    other = session.fork_alternative(0, 1, name="bolder")
    assert len(session.get_lm().calls) == calls
    (turn,) = other.turns
    assert turn.outputs == {"answer": "answer 2 after 0"}
    assert turn.alternatives == [{"answer": "answer 1 after 0"}, {"answer": "answer 0 after 0"}]
    assert turn.prompt == session.turns[0].prompt
    assert turn.source == "alternative"
    assert turn.id != session.turns[0].id
    assert list(session.branches) == ["main", "bolder"]
    other(question="and then?")
    assert other.turns[1].history_snapshot.messages[0]["answer"] == "answer 2 after 0"
    assert session.turns[0].outputs == {"answer": "answer 0 after 0"}


def test_what_it_cost_is_counted_once():
    session = asked(dspy.Predict("question -> answer", n=2))
    session.fork_alternative(0)
    frame = session.to_dataframe(branches="all")
    assert frame["completion_tokens"].sum() == session.turns[0].completion_tokens == 10


def test_the_inspector_shows_it_as_a_sibling():
    from dspy_session.inspector._view.siblings import siblings

    session = asked(dspy.Predict("question -> answer", n=2))
    session.fork_alternative(0)
    branches = session._conversation.branches
    assert [one["name"] for one in siblings(session._branch, branches)[0]] == [
        "main",
        "alternative-1",
    ]


@pytest.mark.parametrize("number", [1, -1, "0", 0.0, True])
def test_an_alternative_that_is_not_there_is_refused(number):
    session = asked(dspy.Predict("question -> answer", n=2), questions=2)
    with pytest.raises(errors.TurnNotFoundError, match="1 alternatives"):
        session.fork_alternative(0, number)
    with pytest.raises(errors.NameTakenError):
        session.fork_alternative(0, name="main")
    assert list(session.branches) == ["main"]


def test_undo_takes_the_branch_back():
    session = asked(dspy.Predict("question -> answer", n=2))
    session.fork_alternative(0)
    session._conversation.undo()
    assert list(session.branches) == ["main"]


@pytest.mark.parametrize("program", [lambda: dspy.Predict("question -> answer", n=3), Planned])
def test_they_are_saved_with_the_turn(program, tmp_path):
    session = asked(program(), questions=2)
    if session.turns[0].alternatives:
        session.fork_alternative(0, 1)
    session.save(tmp_path / "chat.json")
    loaded = Session.load_from(tmp_path / "chat.json", program())
    assert loaded.turns == session.turns
    for name, branch in session.branches.items():
        for turn, other in zip(branch.turns, loaded.branches[name].turns, strict=True):
            assert other.alternatives == turn.alternatives
            assert [c.alternatives for c in other.calls] == [c.alternatives for c in turn.calls]


def test_typed_completions_keep_their_types(tmp_path):
    session = sessionify(dspy.Predict("question -> count: int, tags: list[str]", n=2))
    session.set_lm(scripted_lm({"count": 1, "tags": ["a"]}, {"count": 2, "tags": ["b"]}))
    session(question="?")
    assert session.turns[0].alternatives == [{"count": 2, "tags": ["b"]}]


def test_changing_what_is_returned_changes_no_recording():
    session = asked(dspy.Predict("question -> answer", n=2))
    session.turns[0].alternatives[0]["answer"] = "spoilt"
    assert session.turns[0].alternatives == [{"answer": "answer 1 after 0"}]
