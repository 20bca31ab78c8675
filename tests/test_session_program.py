"""A session is a module: optimizers, copies, states of programs, pickles, streams."""

from __future__ import annotations

import copy
import pickle

import cloudpickle
import dspy
import pytest
from support.scripted import scripted_lm
from support.versions import load_program

from dspy_session import errors, sessionify

OURS = "ignore::DeprecationWarning"


def after(call):
    return {"answer": f"after {len(call.turns) // 2}", "plan": "p"}


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.ChainOfThought("question, plan -> answer")

    def forward(self, question):
        plan = self.planner(question=question).plan
        return self.writer(question=question, plan=plan)


def answer(call):
    return {**after(call), "reasoning": "because"}


def talked(program, turns=2, **settings):
    lm = scripted_lm(answer)
    dspy.configure(lm=lm)
    session = sessionify(program, **settings)
    for number in range(turns):
        session(question=f"q{number}")
    return session, lm


EXAMPLES = [
    dspy.Example(question=f"train {n}", answer=f"label {n}").with_inputs("question")
    for n in range(4)
]


def always(example, prediction, trace=None):
    return 1.0


def shown(example, prediction, trace=None):
    """Likes prompts with demos: a search that finds all equal keeps the program without any."""
    return float("train" in str(dspy.settings.lm.calls[-1].turns))


# --- optimizers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [dspy.Predict("question -> answer"), Agent()])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: dspy.LabeledFewShot(k=2),
        lambda: dspy.BootstrapFewShot(metric=always, max_labeled_demos=2),
        lambda: dspy.BootstrapFewShotWithRandomSearch(
            metric=shown, num_candidate_programs=1, max_labeled_demos=2, num_threads=1
        ),
    ],
    ids=["LabeledFewShot", "BootstrapFewShot", "BootstrapFewShotWithRandomSearch"],
)
@pytest.mark.filterwarnings(OURS)
def test_what_an_optimizer_learns_reaches_the_prompt(program, optimizer):
    session, lm = talked(program)
    before = [turn.id for turn in session.turns]
    compiled = optimizer().compile(session, trainset=EXAMPLES)
    sent = len(lm.calls)
    compiled(question="after compiling")
    assert any("train" in str(prompt) for prompt in lm.prompts[sent:])
    # Neither the conversation nor its program changed.
    assert [turn.id for turn in session.turns] == before
    assert all(not predictor.demos for _, predictor in session.named_predictors())
    sent = len(lm.calls)
    session(question="the original")
    assert "train" not in str(lm.prompts[sent:])


@pytest.mark.filterwarnings(OURS)
def test_a_compiled_session_begins_with_no_turns():
    session, _ = talked(dspy.Predict("question -> answer"))
    compiled = dspy.LabeledFewShot(k=1).compile(session, trainset=EXAMPLES)
    assert len(compiled.turns) == 0


@pytest.mark.filterwarnings(OURS)
def test_examples_of_a_conversation_train_with_their_history():
    session, lm = talked(dspy.Predict("question -> answer"), turns=3)
    sent = len(lm.calls)
    optimizer = dspy.BootstrapFewShot(metric=always, max_labeled_demos=0)
    optimizer.compile(session, trainset=session.to_examples())
    # Each turn is asked again with the history it had, and the asking adds nothing to it.
    assert [len(call.turns) // 2 for call in lm.calls[sent:]] == [0, 1, 2]


@pytest.mark.filterwarnings(OURS)
def test_evaluate_leaves_a_stateless_session_alone():
    session, _ = talked(dspy.Predict("question -> answer"))
    program = session.stateless()
    evaluate = dspy.Evaluate(
        devset=EXAMPLES, metric=always, num_threads=2, display_progress=False, max_errors=1
    )
    assert evaluate(program).score == 100
    assert (len(program), len(session)) == (0, 2)


# --- stateless, copies, swaps ---------------------------------------------------------------------


def test_a_stateless_session_remembers_nothing_and_sees_what_it_is_given():
    session, _ = talked(dspy.Predict("question -> answer"))
    program = session.stateless()
    assert program.module is session.module
    assert program(question="?").answer == "after 0"
    assert program(question="?").answer == "after 0"
    assert program(question="?", history=session.session_history).answer == "after 2"
    assert len(program) == 0
    assert len(session) == 2


def test_a_stateless_session_inside_a_call_sees_nothing_of_it():
    session, _ = talked(dspy.Predict("question -> answer"))
    judge = session.stateless()
    seen = []

    class Outer(dspy.Module):
        def forward(self, question):
            seen.append(judge(question=question).answer)
            return {"answer": "x"}

    outer = sessionify(Outer())
    outer(question="a")
    outer(question="b")
    assert seen == ["after 0", "after 0"]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda s: s.deepcopy(), lambda s: s.reset_copy()]
)
def test_copies_have_the_program_and_no_conversation(copied):
    seed = dspy.History(messages=[{"question": "q", "answer": "a"}])
    session, _ = talked(dspy.Predict("question -> answer"), initial_history=seed)
    twin = copied(session)
    assert len(twin) == 0
    assert twin.module is not session.module
    assert twin(question="?").answer == "after 1"
    assert (len(twin), len(session)) == (1, 2)


@pytest.mark.parametrize(("mode", "same"), [("deep", False), ("shallow", False), ("none", True)])
def test_copy_modes(mode, same):
    program = Agent()
    session = sessionify(program, copy_mode=mode)
    assert (session.module is program) == same
    assert (session.module.planner is program.planner) == (mode != "deep")


def test_a_program_that_cannot_be_copied_says_what_to_do():
    class Stuck(dspy.Predict):
        def deepcopy(self):
            raise TypeError("cannot pickle '_thread.lock' object")

    with pytest.raises(errors.ArgumentError, match="copy_mode"):
        sessionify(Stuck("question -> answer"))
    assert sessionify(Stuck("question -> answer"), copy_mode="none")


def test_another_program_takes_the_conversation_over():
    session, lm = talked(dspy.Predict("question -> answer"))
    session.update_module(dspy.ChainOfThought("question -> answer"))
    assert session(question="go on").answer == "after 2"
    assert session.program_name == "ChainOfThought"
    assert [turn.index for turn in session.turns] == [0, 1, 2]
    assert "None" not in str(lm.prompts[-1])


def test_a_session_is_taken_for_its_program():
    session, _ = talked(dspy.Predict("question -> answer"))
    other, _ = talked(dspy.Predict("question -> answer"))
    session.update_module(other)
    assert session(question="go on").answer == "after 2"
    assert len(other) == 2


def test_predictors_put_in_place_later_are_wrapped_at_the_next_call():
    session, _ = talked(Agent())
    session.module.planner = dspy.Predict("question -> plan")
    session(question="q2")
    assert len(session.turns[2].calls[0].history_snapshot.messages) == 2


# --- as a module ----------------------------------------------------------------------------------


def test_predictors_and_models_are_those_of_the_program():
    session = sessionify(Agent())
    names = [name for name, _ in session.named_predictors()]
    assert names == ["module.planner", "module.writer.predict"]
    lm = scripted_lm(answer)
    session.set_lm(lm)
    assert session.get_lm() is lm
    assert session.module.planner.lm is lm


def test_a_compiled_program_shows_its_predictors():
    program = Agent()
    program._compiled = True
    session = sessionify(program)
    assert len(session.named_predictors()) == 2


@pytest.mark.parametrize("make", [lambda: dspy.Predict("question -> answer"), Agent])
def test_program_states_travel_both_ways(make):
    plain, session = make(), sessionify(make())
    for _, predictor in plain.named_predictors():
        predictor.demos = [dspy.Example(question="demo", answer="d", plan="p")]
        predictor.signature = predictor.signature.with_instructions("Learned.")
    assert sessionify(make()).dump_state() == make().dump_state()
    session.load_state(plain.dump_state())
    assert session.dump_state() == plain.dump_state()
    fresh = make()
    fresh.load_state(session.dump_state())
    assert fresh.dump_state() == plain.dump_state()
    dspy.configure(lm=scripted_lm(answer))
    session(question="?")
    assert session(question="?").answer.startswith("after")
    assert session.dump_state() == plain.dump_state()


def test_a_pickled_session_goes_on():
    session, _ = talked(Agent())
    session.edit_turn(0, outputs={"answer": "edited"}, label="good")
    twin = cloudpickle.loads(cloudpickle.dumps(session))
    assert twin.turns == session.turns
    assert list(twin.branches) == ["main"]
    twin(question="more")
    assert (len(twin), len(session)) == (3, 2)
    assert [len(c.history_snapshot.messages) for c in twin.turns[2].calls] == [2, 2]


def test_a_pickled_history_is_a_plain_history():
    session, _ = talked(Agent())
    history = pickle.loads(pickle.dumps(session.turns[1].history_snapshot))  # noqa: S301  # ours
    assert history == session.turns[1].history_snapshot
    assert history.messages == session.turns[1].history_snapshot.messages


@pytest.mark.filterwarnings(OURS, "ignore::UserWarning")
def test_a_saved_program_has_no_conversation(tmp_path):
    session, _ = talked(dspy.Predict("question -> answer"))
    session.save(tmp_path / "program", save_program=True)
    loaded = load_program(tmp_path / "program")
    assert len(loaded) == 0
    loaded(question="a")
    assert loaded(question="b").answer == "after 1"


def test_usage_is_tracked_through_a_session():
    session, _ = talked(Agent(), turns=0)
    with dspy.context(track_usage=True):
        result = session(question="?")
    assert result.get_lm_usage()["scripted/model"]["prompt_tokens"] == 20


async def test_a_session_streams():
    session, _ = talked(dspy.Predict("question -> answer"), turns=1)
    chunks = [chunk async for chunk in dspy.streamify(session)(question="?")]
    assert chunks[-1].answer == "after 1"
    assert len(session) == 2


async def test_a_session_is_asyncified():
    session, _ = talked(dspy.Predict("question -> answer"), turns=1)
    assert (await dspy.asyncify(session)(question="?")).answer == "after 1"


def test_callbacks_hear_the_session_and_its_predictor():
    from dspy.utils.callback import BaseCallback

    heard = []

    class Ear(BaseCallback):
        def on_module_start(self, call_id, instance, inputs):
            heard.append(type(instance).__name__)

    session, _ = talked(dspy.Predict("question -> answer"), turns=0)
    with dspy.context(callbacks=[Ear()]):
        session(question="?")
    assert heard == ["Session", "Predict"]


def test_a_session_nests_in_a_larger_program():
    inner, _ = talked(dspy.Predict("question -> answer"), turns=0)

    class Larger(dspy.Module):
        def __init__(self):
            super().__init__()
            self.chat = inner

        def forward(self, question):
            return self.chat(question=question)

    larger = Larger()
    larger(question="a")
    assert larger(question="b").answer == "after 1"
    assert [name for name, _ in larger.named_predictors()] == ["chat.module"]


def test_the_text_of_a_session_names_program_turns_and_history_field():
    session, _ = talked(Agent(), turns=1, history_field="past")
    assert repr(session) == "Session(Agent, turns=1, history_field='past')"


def test_a_program_that_changes_its_inputs_changes_no_recording():
    class Greedy(dspy.Module):
        def __init__(self):
            super().__init__()
            self.answer = dspy.Predict("notes: list[str] -> answer")

        def forward(self, notes):
            result = self.answer(notes=notes)
            notes.clear()
            return result

    chat = sessionify(Greedy())
    with dspy.context(lm=scripted_lm({"answer": "a"}, {"answer": "b"})):
        chat(notes=["one", "two"])
        assert chat.turns[0].inputs == {"notes": ["one", "two"]}
        assert chat.rerun(0).turns[0].inputs == {"notes": ["one", "two"]}
