"""A session runs in every way in which DSPy runs a program."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from dspy.utils.callback import BaseCallback
from dspy.utils.exceptions import AdapterParseError
from support.scripted import scripted_lm

from dspy_session import sessionify, with_memory


def after(call):
    """Says how many turns it has read."""
    return {"plan": "p", "reasoning": "because", "answer": f"after {len(call.turns) // 2}"}


def flat():
    return dspy.Predict("question -> answer")


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.ChainOfThought("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)


class Awaited(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    async def aforward(self, question):
        return await self.ask.acall(question=question)


@pytest.fixture
def lm():
    model = scripted_lm(after)
    dspy.configure(lm=model)
    return model


def talked(program, turns=2, **settings):
    session = sessionify(program, **settings)
    for number in range(turns):
        session(question=f"q{number}")
    return session


def asked(session):
    return [turn.inputs["question"] for turn in session.turns]


# --- sync and async ------------------------------------------------------------------------------


async def test_asyncified_calls_on_one_conversation_come_one_after_the_other(lm):
    session = sessionify(flat())
    ask = dspy.asyncify(session)
    answers = await asyncio.gather(*(ask(question=q) for q in "abcd"))
    assert sorted(one.answer for one in answers) == [f"after {n}" for n in range(4)]
    assert [turn.outputs["answer"] for turn in session.turns] == [f"after {n}" for n in range(4)]


async def test_asyncified_each_task_talks_on_the_state_it_has_bound(lm):
    app = with_memory(Agent())
    states = [app.new_state() for _ in range(3)]
    ask = dspy.asyncify(app)

    async def serve(state, turns):
        async with app.use_state(state):
            for number in range(turns):
                assert (await ask(question="?")).answer == f"after {number}"

    await asyncio.gather(*(serve(state, turns) for turns, state in enumerate(states, 1)))
    assert [len(state) for state in states] == [1, 2, 3]


@pytest.mark.parametrize("in_place", [True, False])
def test_a_syncified_session_takes_turns(in_place, lm):
    session = sessionify(Awaited())
    called = dspy.syncify(session, in_place=in_place)
    assert [called(question=q).answer for q in "ab"] == ["after 0", "after 1"]
    assert asked(session) == ["a", "b"]


def test_branches_and_copies_of_a_syncified_session_take_turns_of_their_own(lm):
    session = dspy.syncify(sessionify(Awaited()))
    session(question="a")
    branch, copy = session.fork(), session.deepcopy()
    assert branch(question="b").answer == "after 1"
    assert copy(question="c").answer == "after 0"
    assert (asked(session), asked(branch), asked(copy)) == (["a"], ["a", "b"], ["c"])


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("mode", ["deep", "none"])
def test_a_session_over_a_syncified_program_remembers(in_place, mode, lm):
    session = sessionify(dspy.syncify(Awaited(), in_place=in_place), copy_mode=mode)
    assert [session(question=q).answer for q in "ab"] == ["after 0", "after 1"]
    assert [len(turn.calls) for turn in session.turns] == [1, 1]
    copy = session.deepcopy()
    assert [copy(question=q).answer for q in "ab"] == ["after 0", "after 1"]


def test_a_syncified_part_of_a_program_remembers(lm):
    class Larger(dspy.Module):
        def __init__(self):
            super().__init__()
            self.parts = [dspy.syncify(Awaited())]

        def forward(self, question):
            return self.parts[0](question=question)

    session = sessionify(Larger())
    assert [session(question=q).answer for q in "ab"] == ["after 0", "after 1"]


@pytest.mark.parametrize("make", [flat, Agent])
def test_predictors_that_are_mapped_to_others_take_over(make, lm):
    session = talked(make())
    session.map_named_predictors(lambda old: dspy.Predict(old.signature.with_instructions("New.")))
    session(question="?")
    assert session.turns[2].outputs["answer"] == "after 2"
    assert "New." in lm.calls[-1].system
    assert "New." not in str(session.turns[1].prompt)


# --- many at once --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("make", [flat, Agent])
def test_evaluating_examples_of_a_conversation_sends_the_prompts_of_the_conversation(make, lm):
    session = talked(make(), turns=4)
    wanted = [turn.prompt for turn in session.turns] if make is flat else None
    sent = len(lm.calls)
    found = dspy.Evaluate(
        devset=session.to_examples(),
        metric=lambda example, prediction, trace=None: example.answer == prediction.answer,
        num_threads=3,
    )(session.stateless())
    if wanted is not None:
        assert found.score == 100
        assert sorted(map(str, lm.prompts[sent:])) == sorted(map(str, wanted))
    assert len(session.turns) == 4


def test_a_batch_is_a_turn_for_each_example_and_none_without_memory(lm):
    examples = [dspy.Example(question=q).with_inputs("question") for q in "abc"]
    session = sessionify(flat())
    session.batch(examples, num_threads=3, disable_progress_bar=True)
    assert sorted(asked(session)) == list("abc")
    found = session.stateless().batch(examples, num_threads=3, disable_progress_bar=True)
    assert [one.answer for one in found] == ["after 0"] * 3
    assert len(session) == 3


def test_branches_run_beside_each_other_in_a_pool(lm):
    session = talked(flat())
    branches = [session.fork(at=length) for length in (0, 1, 2)]
    pairs = [(branch, {"question": "?"}) for branch in branches]
    found = dspy.Parallel(num_threads=3, disable_progress_bar=True)(pairs)
    assert [one.answer for one in found] == ["after 0", "after 1", "after 2"]
    assert [len(branch) for branch in branches] == [1, 2, 3]


def test_a_pool_in_a_program_that_fails_leaves_no_trace(lm):
    class Fans(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            pool = dspy.Parallel(num_threads=2, max_errors=5, disable_progress_bar=True)
            answers = pool([(self.ask, {"question": f"{question}{n}"}) for n in range(3)])
            if question == "fail":
                raise ZeroDivisionError
            return {"answer": [one.answer for one in answers]}

    session = talked(Fans(), turns=1)
    with pytest.raises(ZeroDivisionError):
        session(question="fail")
    assert session(question="q")["answer"] == ["after 1"] * 3
    assert asked(session) == ["q0", "q"]


# --- callbacks and usage -------------------------------------------------------------------------


class Ear(BaseCallback):
    def __init__(self):
        self.heard = []

    def on_module_start(self, call_id, instance, inputs):
        self.heard.append(f"{type(instance).__name__} starts")

    def on_module_end(self, call_id, outputs, exception=None):
        self.heard.append("module ends" if exception is None else f"module fails: {exception}")

    def on_adapter_format_start(self, call_id, instance, inputs):
        self.heard.append(f"{type(instance).__name__} formats")

    def on_adapter_parse_end(self, call_id, outputs, exception=None):
        self.heard.append("parsed")

    def on_lm_start(self, call_id, instance, inputs):
        self.heard.append("lm starts")

    def on_lm_end(self, call_id, outputs, exception=None):
        self.heard.append("lm ends")


@pytest.mark.parametrize("make", [flat, Agent])
@pytest.mark.parametrize("adapter", [dspy.ChatAdapter, dspy.JSONAdapter])
def test_callbacks_hear_of_each_step_once_as_in_the_plain_program(make, adapter, lm):
    plain, ours = Ear(), Ear()
    program = make()
    with dspy.context(callbacks=[plain], adapter=adapter()):
        program(question="?")
    session = talked(make())
    with dspy.context(callbacks=[ours], adapter=adapter()):
        session(question="?")
    assert ours.heard == ["Session starts", *plain.heard, "module ends"]
    assert f"{adapter.__name__} formats" in ours.heard


def test_callbacks_of_the_adapter_and_of_the_session_hear_too(lm):
    adapters, sessions = Ear(), Ear()
    session = sessionify(flat())
    session.callbacks.append(sessions)
    with dspy.context(adapter=dspy.ChatAdapter(callbacks=[adapters])):
        session(question="?")
    assert adapters.heard == ["ChatAdapter formats", "parsed"]
    assert sessions.heard == ["Session starts", "module ends"]


def test_a_callback_hears_of_an_error(lm):
    ear = Ear()
    session = sessionify(flat())
    failing = scripted_lm(ZeroDivisionError("down"))
    with dspy.context(callbacks=[ear], lm=failing), pytest.raises(Exception, match="down"):
        session(question="?")
    assert "down" in ear.heard[-1]


@pytest.mark.parametrize("make", [flat, Agent])
async def test_usage_is_tracked_in_every_way(make, lm):
    session = sessionify(make())
    calls = 1 if make is flat else 2
    with dspy.track_usage() as tracker:
        session(question="?")
        await session.acall(question="?")
        await dspy.asyncify(session)(question="?")
    total = tracker.get_total_tokens()["scripted/model"]
    assert (total["prompt_tokens"], total["completion_tokens"]) == (30 * calls, 15 * calls)
    assert [turn.prompt_tokens for turn in session.turns] == [10 * calls] * 3


# --- settings within a program -------------------------------------------------------------------


def test_a_program_may_change_model_and_adapter_as_it_runs(lm):
    other = scripted_lm(lambda call: {"plan": f"seen {len(call.turns) // 2}"})

    class Switching(Agent):
        def forward(self, question):
            with dspy.context(lm=other, adapter=dspy.JSONAdapter()):
                plan = self.planner(question=question).plan
            return self.writer(question=question, plan=plan)

    session = talked(Switching(), turns=3)
    assert [call.outputs["plan"] for turn in session.turns for call in turn.calls[:1]] == [
        "seen 0",
        "seen 1",
        "seen 2",
    ]
    planner, writer = session.turns[2].calls
    assert "Respond with a JSON object" in planner.prompt[-1]["content"]
    assert "[[ ## completed ## ]]" in writer.prompt[-1]["content"]
    assert planner.prompt == other.prompts[-1]
    assert session.turns[2].outputs["answer"] == "after 2"


@pytest.mark.parametrize("adapter", [dspy.JSONAdapter, dspy.XMLAdapter])
def test_a_conversation_goes_on_under_another_adapter(adapter, lm):
    session = talked(flat())
    history = session.session_history
    with dspy.context(adapter=adapter()):
        assert session(question="?").answer == "after 2"
        dspy.Predict("question, history: dspy.History -> answer")(question="?", history=history)
    assert lm.prompts[-1][1:] == lm.prompts[-2][1:]


def test_lm_and_settings_given_with_the_call_reach_the_predictor(lm):
    session = talked(flat())
    other = scripted_lm({"answer": "from the other"})
    assert session(question="?", lm=other, config={"temperature": 0.5}).answer == "from the other"
    assert other.calls[0].request.config.temperature == 0.5
    assert session.turns[2].inputs == {"question": "?"}


# --- answers that do not parse -------------------------------------------------------------------


@pytest.mark.parametrize("awaited", [False, True])
async def test_the_second_try_in_json_asks_what_plain_dspy_would_ask(awaited):
    lm = scripted_lm(
        {"answer": "0"}, "not in form", {"answer": "1"}, "not in form", {"answer": "1"}
    )
    dspy.configure(lm=lm)
    session = sessionify(flat())
    session(question="a")
    history = session.session_history
    answer = await session.acall(question="b") if awaited else session(question="b")
    assert answer.answer == "1"
    plain = dspy.Predict("question, history: dspy.History -> answer")
    plain(question="b", history=history)
    assert [p[1:] for p in lm.prompts[1:3]] == [p[1:] for p in lm.prompts[3:5]]
    assert session.turns[1].prompts == lm.prompts[1:3]
    assert len(session.turns[1].history_snapshot.messages) == 1


def test_an_answer_that_never_parses_is_an_error_and_no_turn():
    lm = scripted_lm({"answer": "0"}, "not in form", "nor this", {"answer": "1"})
    dspy.configure(lm=lm)
    session = sessionify(flat())
    session(question="a")
    with pytest.raises(AdapterParseError):
        session(question="b")
    assert asked(session) == ["a"]
    assert session(question="c").answer == "1"
    assert "nor this" not in str(lm.prompts[-1])


def test_a_program_that_asks_again_after_a_failure_keeps_both_requests():
    class Stubborn(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            try:
                return self.ask(question=question)
            except AdapterParseError:
                return self.ask(question=f"Please: {question}")

    lm = scripted_lm("no", "no", {"answer": "yes"}, {"answer": "at once"})
    dspy.configure(lm=lm)
    session = sessionify(Stubborn())
    assert session(question="a").answer == "yes"
    (turn,) = session.turns
    assert [call.inputs["question"] for call in turn.calls] == ["Please: a"]
    assert len(turn.requests) == 3
    assert turn.prompt_tokens == 30
    session(question="b")
    assert [m["content"].split("\n")[1] for m in lm.calls[-1].turns] == ["a", "yes"]
