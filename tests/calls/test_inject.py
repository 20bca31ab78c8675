"""Predictors read the session wherever they sit, and are themselves outside of one."""

from __future__ import annotations

import copy

import cloudpickle
import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import errors, sessionify
from dspy_session._calls.inject import Sessioned, inject, swapped_class
from dspy_session._calls.walk import Walk, predictors

ADAPTERS = [dspy.ChatAdapter(), dspy.JSONAdapter(), dspy.XMLAdapter()]
SIGNATURES = [
    "question -> answer",
    "question, topic: str, count: int -> answer, sure: bool, tags: list[str]",
]


def ask():
    return dspy.Predict("question -> answer")


class Nested(dspy.Module):
    """Predictors in every place that one can be put."""

    def __init__(self):
        super().__init__()
        self.plain = ask()
        self.steps = [ask(), ask()]
        self.pair = (ask(),)
        self.tools = {"search": ask(), 3: ask()}
        self.deep = {"a": [{"b": (ask(),)}]}
        self.alias = self.plain
        self.thought = dspy.ChainOfThought("question -> answer")
        self.frozen = dspy.ChainOfThought("question -> answer")
        self.frozen._compiled = True
        self.modules = [dspy.ChainOfThought("question -> answer")]
        self.number, self.text = 3, "text"

    def forward(self, question):
        for one in dict(predictors(self)).values():
            result = one(question=question)
        return result


PATHS = [
    "plain",
    "steps[0]",
    "steps[1]",
    "pair[0]",
    "tools['search']",
    "tools[3]",
    "deep['a'][0]['b'][0]",
    "thought.predict",
    "frozen.predict",
    "modules[0].predict",
]


def values(call):
    everything = {"answer": "a", "reasoning": "r", "sure": True, "tags": ["x", "y"]}
    return {name: value for name, value in everything.items() if f"`{name}`" in call.system}


# --- finding -------------------------------------------------------------------------------------


def test_every_predictor_is_found_once_at_its_path():
    assert [path for path, _ in predictors(Nested())] == PATHS


def test_a_bare_predictor_is_the_program_itself():
    predictor = ask()
    assert list(predictors(predictor)) == [("self", predictor)]


def test_a_program_that_holds_itself_is_walked_once():
    program = Nested()
    program.again = [program]
    program.deep["loop"] = program.deep
    assert [path for path, _ in predictors(program)] == PATHS


@pytest.mark.parametrize("copied", [lambda p: p, lambda p: p.deepcopy(), copy.deepcopy])
def test_predictors_everywhere_see_their_past(copied):
    session = sessionify(copied(Nested()))
    lm = scripted_lm(values)
    with dspy.context(lm=lm):
        session(question="a")
        session(question="b")
    assert sorted(call.node for call in session.turns[1].calls) == sorted(PATHS)
    assert {len(call.turns) for call in lm.calls[: len(PATHS)]} == {0}
    assert {len(call.turns) for call in lm.calls[len(PATHS) :]} == {2}
    assert "None" not in str(lm.prompts)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: dspy.BestOfN(p, N=2, reward_fn=lambda args, pred: 0.0, threshold=1.0),
        lambda p: dspy.Refine(p, N=2, reward_fn=lambda args, pred: 1.0, threshold=1.0),
        lambda p: dspy.MultiChainComparison("question -> answer", M=1),
    ],
    ids=["BestOfN", "Refine", "MultiChainComparison"],
)
def test_predictors_inside_dspys_own_modules_see_the_conversation(make):
    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.inner = make(dspy.Predict("question -> answer"))

        def forward(self, question):
            if isinstance(self.inner, dspy.MultiChainComparison):
                tries = [dspy.Prediction(reasoning="r", answer="a")]
                return dspy.Prediction(answer=self.inner(tries, question=question).answer)
            return self.inner(question=question)

    session = sessionify(Program())
    lm = scripted_lm(lambda call: {"answer": "a", "rationale": "r"})
    with dspy.context(lm=lm):
        session(question="first words")
        sent = len(lm.calls)
        session(question="second words")
    assert all("first words" in str(call.turns) for call in lm.calls[sent:])
    assert session.turns[1].calls


# --- prompts, byte for byte -----------------------------------------------------------------------


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)
def test_a_prompt_equals_plain_dspys_with_a_hand_built_history(adapter, signature):
    plain = dspy.Predict(
        dspy.Signature(signature).append("history", dspy.InputField(), dspy.History)
    )
    session = sessionify(dspy.Predict(signature))
    demo = dspy.Example(question="demo?", answer="demo!", topic="t", count=1, sure=True, tags=[])
    for program in (plain, session.module):
        program.demos = [demo]
    ours, theirs = scripted_lm(values), scripted_lm(values)
    messages = []
    for question in ["first", "second <b>", "None", "vier ünd\n\nmore"]:
        inputs = {"question": question}
        if "topic" in plain.signature.input_fields:
            inputs |= {"topic": "reef", "count": 3}
        with dspy.context(lm=theirs, adapter=adapter):
            expected = plain(**inputs, history=dspy.History(messages=messages))
        with dspy.context(lm=ours, adapter=adapter):
            assert session(**inputs).toDict() == expected.toDict()
        messages.append({**inputs, **expected.toDict()})
    assert ours.prompts == theirs.prompts
    assert session.turns[3].prompt == theirs.prompts[3]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)
def test_a_wrapped_predictor_outside_a_session_is_as_if_never_wrapped(adapter):
    plain = dspy.ChainOfThought("question -> answer")
    session = sessionify(plain.deepcopy())
    ours, theirs = scripted_lm(values), scripted_lm(values)
    with dspy.context(lm=theirs, adapter=adapter):
        plain(question="?")
    with dspy.context(lm=ours, adapter=adapter):
        session.module(question="?")
        session.module.predict(question="?")
    assert ours.prompts == [theirs.prompts[0]] * 2
    assert len(session) == 0


def test_a_predictor_with_a_history_of_its_own_takes_one_outside_too():
    session = sessionify(dspy.Predict("question, past: dspy.History -> answer"))
    assert session.history_field == "past"
    lm = scripted_lm(values)
    with dspy.context(lm=lm):
        past = dspy.History(messages=[{"question": "q", "answer": "a"}])
        session.module(question="?", past=past)
        session(question="?", past=past)
        session(question="?")
    assert [len(call.turns) for call in lm.calls] == [2, 2, 0]


def test_a_field_of_that_name_that_is_no_history_is_refused_and_nothing_changes():
    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.fine = ask()
            self.other = dspy.Predict("question, history: str -> answer")

    program = Program()
    with pytest.raises(errors.ArgumentError, match="history_field"):
        inject(Walk(program), "history", Sessioned, strict=False, wanted=lambda part: True)
    assert type(program.fine) is dspy.Predict
    assert "history" not in program.fine.signature.fields


def test_a_predictor_with_a_forward_of_its_own_still_gets_the_history():
    predictor = ask()
    seen = []

    def fake(**inputs):
        seen.append(inputs)
        return dspy.Prediction(answer="x")

    predictor.forward = fake
    session = sessionify(predictor, copy_mode="none")
    session(question="a")
    session(question="b")
    predictor(question="outside")
    assert [len(one["history"].messages) for one in seen[:2]] == [0, 1]
    assert seen[2] == {"question": "outside"}


def test_a_call_may_bring_its_own_signature():
    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = ask()

        def forward(self, question):
            return self.ask(question=question, signature=dspy.Signature("question -> answer: int"))

    session = sessionify(Program())
    lm = scripted_lm(lambda call: {"answer": len(call.turns)})
    with dspy.context(lm=lm):
        assert session(question="a").answer == 0
        assert session(question="b").answer == 2


# --- copies and states ----------------------------------------------------------------------------


def test_the_class_is_made_once_and_keeps_its_name():
    class Special(dspy.Predict):
        """Special."""

    made = swapped_class(Special, Sessioned)
    assert made is swapped_class(Special, Sessioned) is swapped_class(made, Sessioned)
    assert issubclass(made, Special)
    assert (made.__name__, made.__doc__, made.__module__) == ("Special", "Special.", __name__)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda p: cloudpickle.loads(cloudpickle.dumps(p))]
)
def test_copies_of_a_wrapped_predictor_are_wrapped(copied):
    session = sessionify(Nested())
    twin = copied(session.module)
    assert all(isinstance(one, Sessioned) for _, one in predictors(twin))
    lm = scripted_lm(values)
    with dspy.context(lm=lm):
        twin(question="outside")
    assert all("history" not in call.system for call in lm.calls)


def test_wrapping_twice_is_wrapping_once():
    program = Nested()
    inject(Walk(program), "history", Sessioned, strict=False, wanted=lambda part: True)
    before = program.dump_state()
    inject(Walk(program), "history", Sessioned, strict=False, wanted=lambda part: True)
    assert program.dump_state() == before == Nested().dump_state()


def test_a_state_with_a_history_field_loads_too():
    original = dspy.Predict("question, history: dspy.History -> answer")
    original.signature = original.signature.with_instructions("Learned.")
    session = sessionify(dspy.Predict("question, history: dspy.History -> answer"))
    session.load_state(original.dump_state())
    assert session.module.signature.instructions == "Learned."
    assert session.dump_state() == original.dump_state()


def test_a_state_that_does_not_fit_changes_nothing():
    session = sessionify(ask())
    before = session.dump_state()
    state = dspy.Predict("question -> answer").dump_state()
    state["signature"]["fields"] = "broken!"
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever DSPy raises
        session.load_state(state)
    assert session.dump_state() == before
    assert "history" in session.module.signature.fields
