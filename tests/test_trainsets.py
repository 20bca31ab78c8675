"""Training sets of one node, of many conversations, and of scored siblings."""

from __future__ import annotations

import json
from typing import is_typeddict

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify


class Trip(dspy.Module):
    """A planner and two writers in containers."""

    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.steps = [dspy.Predict("plan -> draft")]
        self.tools = {"polish": dspy.Predict("draft -> answer")}

    def forward(self, question):
        plan = self.planner(question=question).plan
        draft = self.steps[0](plan=plan).draft
        return self.tools["polish"](draft=draft)


def answered(call):
    """An answer made of what was asked, so that every turn's differs."""
    asked = call.last.partition(" ## ]]\n")[2].partition("\n")[0]
    field = next(
        name for name in ("plan", "draft", "answer") if f"`[[ ## {name} ## ]]`" in call.last
    )
    return {field: f"{field} of {asked}"}


def trip(turns=2, **settings):
    session = sessionify(Trip(), **settings)
    session.set_lm(scripted_lm(answered))
    for number in range(turns):
        session(question=f"q{number}")
    return session


def chat(turns, name="q"):
    session = sessionify(dspy.Predict("question -> answer"))
    session.set_lm(scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}"}))
    for number in range(turns):
        session(question=f"{name}{number}")
    return session


# --- of one node ---------------------------------------------------------------------------------


def test_a_nodes_examples_have_its_own_fields_and_history():
    first, second = trip().to_examples(node="planner")
    assert dict(first.labels()) == {"plan": "plan of q0"}
    assert first.question == "q0"
    assert first.inputs().keys() == ["question", "history"]
    assert first.history.messages == []
    assert second.history.messages == [{"question": "q0", "plan": "plan of q0"}]
    bare = trip().to_examples(node="planner", include_history=False)
    assert bare[1].inputs().keys() == ["question"]


def test_a_star_means_every_predictor():
    session = trip()
    made = session.to_examples(node="*")
    assert list(made) == ["planner", "steps[0]", "tools['polish']"]
    assert [one.draft for one in made["steps[0]"]] == ["draft of plan of q0", "draft of plan of q1"]
    assert made["planner"] == session.to_examples(node="planner")
    assert list(chat(1).to_examples(node="*")) == ["self"]
    assert list(trip(0).to_examples(node="*").values()) == [[], [], []]


def test_self_means_the_program():
    session = trip()
    assert session.to_examples(node="self") == session.to_examples()


def test_a_call_is_as_good_as_its_turn_unless_it_has_a_score_of_its_own():
    session = trip(3)
    for index, score in enumerate((0.9, 0.2, 0.9)):
        session.edit_turn(index, score=score)
    session.inspect().score_turn(2, 0.1, call=0)
    planned = session.to_examples(node="planner", min_score=0.5)
    assert [one.question for one in planned] == ["q0"]
    assert len(session.to_examples(node="steps[0]", min_score=0.5)) == 2
    strict = session.to_examples(node="steps[0]", min_score=0.5, strict_trajectory=True)
    assert len(strict) == 1


def test_edits_of_a_call_are_its_labels_and_enter_the_history_when_asked():
    session = trip(2)
    session.inspect().edit_call(0, 0, plan="better")
    seen = session.to_examples(node="planner")
    edited = session.to_examples(node="planner", history="as_edited")
    assert seen[0].plan == "better"
    assert seen[1].history.messages[0]["plan"] == "plan of q0"
    assert edited[1].history.messages[0]["plan"] == "better"


def test_excluded_turns_make_no_node_examples():
    session = trip(2)
    session.edit_turn(0, excluded=True)
    assert [one.question for one in session.to_examples(node="planner")] == ["q1"]


def test_nodes_of_an_earlier_program_stay_available():
    session = trip(1)
    session.update_module(dspy.Predict("question -> answer"))
    assert [one.plan for one in session.to_examples(node="planner")] == ["plan of q0"]


@pytest.mark.parametrize(
    ("node", "error", "match"),
    [
        ("planer", errors.ArgumentError, "no node 'planer'; there are 'planner'"),
        ("steps", errors.ArgumentError, r"'steps\[0\]'"),
        (1, errors.ArgumentTypeError, "got int"),
    ],
)
def test_unknown_nodes_are_refused(node, error, match):
    with pytest.raises(error, match=match):
        trip(1).to_examples(node=node)


def test_branches_share_the_node_examples_of_common_turns():
    session = trip(2)
    branch = session.fork(at=1)
    branch(question="other")
    merged = Session.merge_examples(session, branch, node="planner")
    assert [one.question for one in merged] == ["q0", "q1", "other"]
    every = Session.merge_examples(session, branch, node="*")
    assert {path: len(found) for path, found in every.items()} == {
        "planner": 3,
        "steps[0]": 3,
        "tools['polish']": 3,
    }
    assert Session.merge_examples(node="*") == {}


# --- one node optimized and put back -------------------------------------------------------------


def test_one_node_is_optimized_on_its_examples_and_put_back():
    session = trip(3)

    def good(example, prediction, trace=None):
        return prediction.plan.startswith("plan of")

    optimizer = dspy.BootstrapFewShot(metric=good, max_bootstrapped_demos=2, max_labeled_demos=2)
    examples = session.to_examples(node="planner")
    with dspy.context(lm=scripted_lm(answered)):
        planner = optimizer.compile(session.module.planner, trainset=examples)
        session.update_module(planner, node="planner")
        assert len(session.turns) == 3
        session(question="more")
    turn = session.turns[-1]
    assert turn.outputs == {"answer": "answer of draft of plan of more"}
    assert "plan of q0" in json.dumps(turn.calls[0].prompt[1:3])  # a demonstration
    assert [message["question"] for message in turn.calls[0].history_snapshot.messages] == [
        "q0",
        "q1",
        "q2",
    ]
    assert len(turn.calls[1].history_snapshot.messages) == 3
    assert session.module.steps[0].demos == []


@pytest.mark.parametrize("path", ["steps[0]", "tools['polish']", "planner"])
def test_a_part_is_replaced_wherever_it_stands(path):
    session = trip(1)
    old = dict(session.to_examples(node="*"))[path][0]
    inputs = [name for name, _ in old.inputs().items() if name != "history"]
    (label,) = old.labels().keys()
    part = dspy.ChainOfThought(f"{inputs[0]} -> {label}")
    part.set_lm(scripted_lm({"reasoning": "because", label: "new"}))
    session.update_module(part, node=path)
    session(question="again")
    assert {"reasoning": "because", label: "new"} in [
        call.outputs for call in session.turns[1].calls
    ]
    assert "history" not in part.predict.signature.fields  # it was copied


def test_a_part_that_stands_in_two_places_is_replaced_in_both():
    class Twice(dspy.Module):
        def __init__(self):
            super().__init__()
            self.one = dspy.Predict("question -> answer")
            self.both = (self.one, {"again": self.one})

        def forward(self, question):
            self.both[0](question=question)
            return self.both[1]["again"](question=question)

    session = sessionify(Twice())
    part = dspy.Predict("question -> answer")
    part.set_lm(scripted_lm({"answer": "a"}, {"answer": "b"}))
    session.update_module(part, node="one")
    assert session(question="q").answer == "b"
    module = session.module
    assert module.both[0] is module.one is module.both[1]["again"]


@pytest.mark.parametrize(
    ("part", "node", "error", "match"),
    [
        (dspy.Predict("a -> b"), "planner", errors.ArgumentError, "takes 'question'"),
        (dspy.Predict("question -> b"), "planner", errors.ArgumentError, "gives 'plan'"),
        (dspy.Predict("a -> b"), "planer", errors.ArgumentError, "there are 'planner'"),
        ("planner", "planner", errors.ArgumentTypeError, "got str"),
    ],
)
def test_parts_that_do_not_fit_are_refused(part, node, error, match):
    session = trip(1)
    with pytest.raises(error, match=match):
        session.update_module(part, node=node)
    assert session(question="q").answer == "answer of draft of plan of q"


# --- split ---------------------------------------------------------------------------------------


def test_a_tree_is_never_on_both_sides(tmp_path):
    sessions = [chat(4, name) for name in "abcd"]
    sessions.append(sessions[0].fork(at=2))
    sessions[-1](question="a-branch")
    sessions[1].save(tmp_path / "b.json")
    sessions.append(Session.load_from(tmp_path / "b.json", dspy.Predict("question -> answer")))
    sessions[-1].module.set_lm(scripted_lm({"answer": "x"}))
    sessions[-1](question="b-later")
    for seed in range(6):
        train, test = Session.train_test_split(*sessions, seed=seed)
        sides = [{one.question[0] for one in side} for side in (train, test)]
        assert sides[0].isdisjoint(sides[1])
        assert len(train) + len(test) == 18
        assert 4 <= len(test) <= 5
    again = Session.train_test_split(*sessions, seed=5)
    assert [one.question for one in again[1]] == [one.question for one in test]


def test_a_split_takes_the_options_of_examples():
    one, other = trip(2), trip(2)
    one.edit_turn(0, score=1.0)
    other.edit_turn(1, score=1.0)
    sides = Session.train_test_split(one, other, test_size=0.5, node="planner", min_score=1)
    assert sorted(example.question for side in sides for example in side) == ["q0", "q1"]
    assert "plan" in sides[0][0]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"test_size": 1.0}, errors.ArgumentError, "between 0 and 1, got 1.0"),
        ({"test_size": "half"}, errors.ArgumentTypeError, "got str"),
        ({"node": "*"}, errors.ArgumentError, "name one node"),
        ({"history": "now"}, errors.ArgumentError, "'as_seen' or 'as_edited'"),
        ({"node": "nowhere"}, errors.ArgumentError, "no node 'nowhere'"),
    ],
)
def test_splits_that_make_no_sense_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        Session.train_test_split(chat(1), chat(1), **options)
    one = chat(1)
    with pytest.raises(errors.ArgumentError, match="at least 2"):
        Session.train_test_split(one, one.fork())
    with pytest.raises(errors.ArgumentTypeError, match="takes sessions, got str"):
        Session.train_test_split(one, "other")


# --- groups --------------------------------------------------------------------------------------


def length(example, prediction):
    return len(prediction.answer)


def siblings():
    """A conversation of two turns whose second was answered four times, thrice with a score."""
    session = sessionify(dspy.Predict("question -> answer"))
    texts = ["hello", "a", "bb", "ccc", "dddd", "other"]
    session.set_lm(scripted_lm(*({"answer": text} for text in texts)))
    session(question="q0")
    session(question="q1")
    for one in (session, session.rerun(1), session.rerun(1)):
        one.score(length)
    session.rerun(1)
    session.rerun(1, inputs={"question": "another"}).score(length)
    return session


def test_scored_siblings_make_a_group():
    session = siblings()
    (group,) = session.to_grpo_groups()
    assert group["batch_id"] is None
    assert [one["reward"] for one in group["group"]] == [1.0, 2.0, 3.0]
    assert all(one["messages"] == session.turns[1].prompt for one in group["group"])
    contents = [one["completion"]["content"] for one in group["group"]]
    assert ["a" in contents[0], "bb" in contents[1], "ccc" in contents[2]] == [True] * 3
    assert {one["completion"]["role"] for one in group["group"]} == {"assistant"}
    assert session.to_grpo_groups("hand") == []


def test_answers_to_another_prompt_are_in_no_group():
    session = siblings()
    session.fork(at=1, name="edited").edit_turn(0, outputs={"answer": "changed"})
    other = session.branches["edited"]
    other.set_lm(scripted_lm({"answer": "eeeee"}))
    other(question="q1")
    other.score(length)
    (group,) = session.to_grpo_groups()
    assert [one["reward"] for one in group["group"]] == [1.0, 2.0, 3.0]


def test_excluded_answers_are_in_no_group():
    session = siblings()
    session.branches["rerun-1"].edit_turn(1, excluded=True)
    (group,) = session.to_grpo_groups()
    assert [one["reward"] for one in group["group"]] == [1.0, 3.0]


def test_groups_are_what_dspy_trains_on(tmp_path):
    from dspy.clients.utils_finetune import GRPOChatData, GRPOGroup

    (group,) = siblings().to_grpo_groups()
    if is_typeddict(GRPOGroup):  # in 3.0.0 it was a list of answers
        assert group.keys() == GRPOGroup.__annotations__.keys()
    assert group["group"][0].keys() == GRPOChatData.__annotations__.keys()
    path = siblings().export(tmp_path / "groups.jsonl", format="grpo")
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == group
