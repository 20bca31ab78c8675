"""Metrics of every kind, called once per turn."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import dspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripted import scripted_lm

from dspy_session import errors, sessionify
from dspy_session._scoring import metric_name, positional_arity


def chat(turns=3, **settings):
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}"}))
    for number in range(turns):
        session(question=f"q{number}")
    return session


def two(example, prediction):
    return len(prediction.answer)


def three(example, prediction, trace=None):
    assert trace is None
    return len(prediction.answer)


def five(gold, pred, trace=None, pred_name=None, pred_trace=None):
    assert trace is pred_name is pred_trace is None
    return len(pred.answer)


def keyword_only(example, prediction, *, trace=None):
    return len(prediction.answer)


def any_number(*args):
    assert len(args) == 3
    return len(args[1].answer)


class Object:
    def __call__(self, example, prediction):
        return len(prediction.answer)

    def method(self, example, prediction, trace=None):
        return len(prediction.answer)


METRICS = {
    "two": (two, 2),
    "three": (three, 3),
    "five": (five, 5),
    "keyword_only": (keyword_only, 2),
    "any_number": (any_number, 3),
    "Object": (Object(), 2),
    "method": (Object().method, 3),
    "metric": (lambda example, prediction: len(prediction.answer), 2),
    "partial": (functools.partial(three, trace=None), 2),
}


@pytest.mark.parametrize(("name", "metric", "arity"), [(n, *m) for n, m in METRICS.items()])
def test_metrics_of_every_arity_are_called_once_per_turn(name, metric, arity):
    session = chat(2)
    assert positional_arity(metric) == arity
    assert session.score(metric) == [7.0, 7.0]
    assert session.turns[0].scores == {name: 7.0}
    assert metric_name(metric) == name


def test_a_type_error_inside_a_metric_is_not_taken_for_a_wrong_arity():
    calls = []

    def broken(example, prediction, trace=None):
        calls.append(1)
        raise TypeError("missing 1 required positional argument: 'trace'")

    session = chat(1)
    assert session.score(broken) == [0.0]
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("result", "value", "feedback"),
    [
        (1, 1.0, None),
        (True, 1.0, None),
        (0.25, 0.25, None),
        (np.float32(0.5), 0.5, None),
        (np.array(0.5), 0.5, None),
        (dspy.Prediction(score=0.5, feedback="shorter"), 0.5, "shorter"),
        (dspy.Prediction(score=0.5), 0.5, None),
        ({"score": 1, "feedback": "good"}, 1.0, "good"),
        ({"score": np.int64(1)}, 1.0, None),
    ],
)
def test_a_metric_returns_a_number_or_something_with_a_score(result, value, feedback):
    session = chat(1)
    assert session.score(lambda example, prediction: result, name="m") == [value]
    turn = session.turns[0]
    assert (turn.score, turn.scores) == (value, {"m": value})
    assert turn.feedback == ({} if feedback is None else {"m": feedback})


BAD_RESULTS = [None, "high", float("nan"), float("inf"), [1], {"value": 1}]


@pytest.mark.parametrize("result", BAD_RESULTS)
def test_what_is_no_number_is_an_error_of_the_metric(result):
    session = chat(1, on_metric_error="raise")
    with pytest.raises(errors.MetricError, match=r"'m\w*' returned .* on turn 0"):
        session.score(lambda example, prediction: result)
    assert session.turns[0].scores == {}


@pytest.mark.parametrize("result", BAD_RESULTS)
def test_what_is_no_number_counts_zero_with_the_reason(result, caplog):
    session = chat(1)
    assert session.score(lambda example, prediction: result) == [0.0]
    assert "return a number" in session.turns[0].feedback["metric"]
    assert "counts 0.0" in caplog.text


def fails_on_q1(example, prediction):
    if example.question == "q1":
        raise ValueError("no idea")
    return 1


def test_a_failing_metric_counts_zero_or_raises_and_keeps_no_score():
    session = chat(3)
    assert session.score(fails_on_q1) == [1.0, 0.0, 1.0]
    assert "ValueError on turn 1: no idea" in session.turns[1].feedback["fails_on_q1"]
    strict = chat(3, on_metric_error="raise")
    with pytest.raises(errors.MetricError, match="no idea") as caught:
        strict.score(fails_on_q1)
    assert isinstance(caught.value.__cause__, ValueError)
    assert [turn.scores for turn in strict.turns] == [{}, {}, {}]


def test_the_example_is_the_turn_with_edited_labels_and_the_history_it_saw():
    seen = []
    session = chat(2)
    session.edit_turn(1, outputs={"answer": "gold"})

    def metric(example, prediction):
        seen.append((example.question, example.answer, prediction.answer, example.inputs().keys()))
        return example.answer == prediction.answer

    assert session.score(metric) == [1.0, 0.0]
    assert seen == [
        ("q0", "after 0", "after 0", ["question", "history"]),
        ("q1", "gold", "after 1", ["question", "history"]),
    ]


def test_gold_is_one_example_for_all_or_one_per_turn():
    session = chat(2)
    one = dspy.Example(answer="after 1")

    def same(example, prediction):
        return example.answer == prediction.answer

    assert session.score(same, gold=one) == [0.0, 1.0]
    assert session.score(same, gold=[one, None]) == [0.0, 1.0]
    with pytest.raises(errors.ArgumentError, match="3 examples for 2 turns"):
        session.score(same, gold=[one] * 3)


def test_scores_stand_side_by_side_and_the_last_counts():
    session = chat(1)
    session.score(two)
    session.score(lambda e, p: 0.5, name="judge")
    session.edit_turn(0, score=0.9)
    assert session.turns[0].scores == {"two": 7.0, "judge": 0.5, "hand": 0.9}
    assert session.turns[0].score == 0.9
    session.score(two)
    assert session.turns[0].score == 7.0
    session._conversation.undo()
    assert session.turns[0].score == 0.9


def test_scoring_is_spread_over_an_executor_in_order():
    session = chat(4)
    seen = []
    with ThreadPoolExecutor(2) as pool:
        scores = session.score(
            lambda e, p: int(e.question[1:]), executor=pool, progress=lambda *now: seen.append(now)
        )
    assert scores == [0.0, 1.0, 2.0, 3.0]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_scoring_no_turns_is_no_action():
    session = chat(0)
    assert session.score(two) == []
    assert session._conversation.undo_label is None


def test_scores_belong_to_the_branch():
    session = chat(2)
    branch = session.fork()
    branch.score(two)
    assert session.turns[0].scores == {}
    assert branch.turns[0].scores == {"two": 7.0}


def test_a_turn_that_goes_while_it_is_scored_takes_nothing_along():
    session = chat(2)

    def forgetful(example, prediction):
        session.undo()
        return 1

    assert session.score(forgetful) == [1.0, 1.0]
    assert len(session) == 0
    session.redo(2)
    assert [turn.score for turn in session.turns] == [1.0, 1.0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_scores_come_back_as_they_were_given(values):
    session = sessionify(dspy.Predict("question -> answer"))
    for value in values:
        session.add_turn(inputs={"question": "q"}, outputs={"answer": value})
    assert session.score(lambda e, p: p.answer) == values
    assert [turn.score for turn in session.turns] == values
