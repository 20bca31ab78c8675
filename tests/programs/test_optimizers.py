"""Every optimizer of DSPy compiles a session: what it learns reaches the model."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import sessionify

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

LEARNED = "Speak of the tides, always."


def by_fields(call):
    """Answers whatever is asked, for programs and for the optimizers' own prompts."""
    said = call.system + call.last
    values = {
        "answer": f"answer after {len(call.turns) // 2}",
        "reasoning": "because",
        "plan": "a plan",
        "proposed_instruction": LEARNED,
        "proposed_prefix_for_output_field": "Answer:",
        "natural_language_rules": LEARNED,
        "discussion": "fine",
        "observations": "COMPLETE",
        "summary": "questions",
        "program_description": "answers",
        "module_description": "answers",
    }
    wanted = call.last.rpartition("Respond with")[2]
    found = {name: value for name, value in values.items() if f"`[[ ## {name} ## ]]`" in wanted}
    if "`[[ ## module_advice ## ]]`" in wanted:
        names = [n for n in ("module.planner", "module.writer.predict", "module") if n in said]
        found["module_advice"] = dict.fromkeys(names[:1], LEARNED)
    return found


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.ChainOfThought("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)


def metric(example, prediction, trace=None):
    return 1.0 if "tides" in str(dspy.settings.lm.calls[-1].system) else 0.5


def passing(example, prediction, trace=None):
    return 1.0


def reflected(gold, pred, trace=None, pred_name=None, pred_trace=None):
    return dspy.Prediction(score=metric(gold, pred), feedback="speak of tides")


def shown(example, prediction, trace=None):
    """Likes prompts with demos or advice."""
    call = dspy.settings.lm.calls[-1]
    return 1.0 if LEARNED in call.system or "train" in str(call.turns) else 0.5


class Unsteady:
    """Scores that differ between equal tries, which SIMBA learns from."""

    def __init__(self):
        self.number = 0

    def __call__(self, example, prediction, trace=None):
        self.number += 1
        return shown(example, prediction) - 0.4 * (self.number % 2)


def random_search():
    return dspy.BootstrapFewShotWithRandomSearch(
        metric=shown, num_candidate_programs=1, max_labeled_demos=2, num_threads=1
    )


def mipro():
    return dspy.MIPROv2(
        metric=metric,
        auto=None,
        num_candidates=2,
        max_bootstrapped_demos=0,
        max_labeled_demos=0,
        num_threads=2,
    )


def gepa():
    reflecting = scripted_lm(lambda call: {"new_instruction": LEARNED})
    return dspy.GEPA(metric=reflected, max_metric_calls=30, reflection_lm=reflecting, num_threads=2)


OPTIMIZERS = {
    "LabeledFewShot": (lambda: dspy.LabeledFewShot(k=2), {}, "train"),
    "BootstrapFewShot": (lambda: dspy.BootstrapFewShot(metric=passing), {}, "train"),
    "BootstrapFewShotWithRandomSearch": (random_search, {}, "train"),
    "COPRO": (
        lambda: dspy.COPRO(metric=metric, breadth=2, depth=1),
        {"eval_kwargs": {"num_threads": 2}},
        LEARNED,
    ),
    "MIPROv2": (mipro, {"num_trials": 3, "minibatch": False}, LEARNED),
    "GEPA": (gepa, {}, LEARNED),
    "SIMBA": (
        lambda: dspy.SIMBA(
            metric=Unsteady(), bsize=4, num_candidates=2, max_steps=2, num_threads=1
        ),
        {},
        "",
    ),
    "InferRules": (
        lambda: dspy.InferRules(metric=metric, num_candidates=1, num_rules=2, num_threads=2),
        {},
        LEARNED,
    ),
}


@pytest.fixture(params=[lambda: dspy.Predict("question -> answer"), Agent], ids=["flat", "agent"])
def talked(request):
    """A session after four turns, and its model."""
    lm = scripted_lm(by_fields)
    dspy.configure(lm=lm)
    session = sessionify(request.param())
    for number in range(4):
        session(question=f"train {number}")
    return session, lm


@pytest.mark.parametrize("own", [True, False], ids=["own examples", "examples without history"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_was_learned_reaches_the_model_and_the_conversation_stays(name, own, talked):
    make, options, learned = OPTIMIZERS[name]
    session, lm = talked
    before = [turn.id for turn in session.turns]
    trainset = session.to_examples(include_history=own)
    compiled = make().compile(session, trainset=trainset, **options)

    assert [turn.id for turn in session.turns] == before
    assert len(compiled.turns) == 0

    sent = len(lm.calls)
    compiled(question="first after compiling")
    compiled(question="second after compiling")
    prompts = lm.prompts[sent:]
    assert any(mark in str(prompt) for prompt in prompts for mark in (learned or "train", LEARNED))
    assert "None" not in str([m["content"] for prompt in prompts for m in prompt])
    assert "first after compiling" in str(prompts[-1])
    assert len(compiled.turns) == 2

    sent = len(lm.calls)
    session(question="the original goes on")
    assert LEARNED not in str(lm.prompts[sent:]) or name == "InferRules"
    assert len(session.turns) == 5


WITHOUT_DEMOS = {
    "BootstrapFewShot": (
        lambda: dspy.BootstrapFewShot(metric=passing, max_labeled_demos=0, max_rounds=2),
        {},
    ),
    **{name: OPTIMIZERS[name][:2] for name in ("COPRO", "MIPROv2", "GEPA")},
}


@pytest.mark.parametrize("name", WITHOUT_DEMOS)
def test_tries_of_examples_do_not_read_each_other(name, talked):
    make, options = WITHOUT_DEMOS[name]
    session, lm = talked
    sent = len(lm.calls)
    make().compile(session, trainset=session.to_examples(include_history=False), **options)
    tried = [call for call in lm.calls[sent:] if "`question` (str)" in call.system]
    assert len(tried) >= 4
    assert not any(call.turns for call in tried)


@pytest.mark.parametrize("threads", [1, 2])
def test_evaluating_a_session_adds_nothing_to_it(threads, talked):
    session, lm = talked
    sent = len(lm.calls)
    examples = session.to_examples(include_history=False)
    dspy.Evaluate(devset=examples, metric=passing, num_threads=threads)(session)
    assert len(session.turns) == 4
    assert not any(call.turns for call in lm.calls[sent:])


def test_sessions_in_an_ensemble_hold_their_conversations(talked):
    session, lm = talked
    branches = [session.fork(), session.fork()]
    together = dspy.Ensemble(reduce_fn=dspy.majority).compile(branches)
    together(question="asked of both")
    assert [len(branch.turns) for branch in branches] == [5, 5]
    assert "train 3" in str(lm.calls[-1].turns)

    examples = session.to_examples(include_history=False)
    dspy.Evaluate(devset=examples, metric=passing, num_threads=1)(together)
    assert [len(branch.turns) for branch in branches] == [5, 5]


def test_a_metric_and_a_program_may_talk_while_they_are_tried(talked):
    seen = []

    class Talk(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            chat = sessionify(self.ask, copy_mode="none")
            chat(question="one moment")
            return chat(question=question)

    def judging(example, prediction, trace=None):
        judge = sessionify(dspy.Predict("question -> answer"))
        judge(question="is it right?")
        seen.append(judge(question="are you sure?").answer)
        return 1.0

    session, _ = talked
    examples = session.to_examples(include_history=False)
    result = dspy.Evaluate(devset=examples, metric=judging, num_threads=2)(Talk())
    assert [row[1].answer for row in result.results] == ["answer after 1"] * 4
    assert seen == ["answer after 1"] * 4
