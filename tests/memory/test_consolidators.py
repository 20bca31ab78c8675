"""Episodes become memory: once, when their turn is done, and never in vain."""

from __future__ import annotations

import asyncio
import logging

import dspy
import pytest
from support.agents import counted, counting_lm, talk
from support.scripted import Held, scripted_lm

from dspy_session import Session, SessionState, get_node_memory, sessionify, with_memory


class Agent(dspy.Module):
    """Calls one predictor twice."""

    def __init__(self):
        super().__init__()
        self.worker = dspy.Predict("question -> answer")

    def forward(self, question):
        self.worker(question=question)
        return self.worker(question=f"{question} again")

    async def aforward(self, question):
        await self.worker.acall(question=question)
        return await self.worker.acall(question=f"{question} again")


def counts(past_memory, episode_transcript):
    return f"{past_memory}|{episode_transcript.count('- turn:')}"


async def counts_later(past_memory, episode_transcript):
    await asyncio.sleep(0)
    return counts(past_memory, episode_transcript)


class Counts(dspy.Module):
    def forward(self, past_memory, episode_transcript):
        return dspy.Prediction(updated_memory=counts(past_memory, episode_transcript))


class CountsLater(dspy.Module):
    async def aforward(self, past_memory, episode_transcript):
        return {"memory": await counts_later(past_memory, episode_transcript)}


def blueprint(consolidator, make=with_memory, program=Agent):
    config = {"lifespan": "episodic", "consolidator": consolidator}
    return make(program(), child_configs={"worker": config})


def memory(app):
    return app.state.node_states["worker"].l2_memory


@pytest.fixture(autouse=True)
def lm():
    lm = counting_lm()
    with dspy.context(lm=lm):
        yield lm


EVERY = [counts, counts_later, Counts(), lambda memory, text: counts(memory, text)]


@pytest.mark.parametrize("consolidator", EVERY, ids=["sync", "async", "module", "other names"])
def test_an_episode_becomes_memory_when_its_turn_is_done(consolidator):
    app = blueprint(consolidator)
    talk(app, "a", "b")
    assert memory(app) == "|2|2"
    assert app.state.node_states["worker"].turns == []
    assert app.module.worker.l2_memory == "|2|2"


@pytest.mark.parametrize("consolidator", [*EVERY, CountsLater()])
async def test_in_asynchronous_code_it_is_awaited(consolidator):
    app = blueprint(consolidator)
    for question in "ab":
        await app.acall(question=question)
    assert memory(app) == "|2|2"


async def test_synchronous_calls_in_a_running_loop_wait_for_it_too():
    app = blueprint(counts_later)
    app(question="a")
    assert memory(app) == "|2"


async def test_an_asynchronous_consolidator_holds_up_nobody_else():
    released = asyncio.Event()

    async def waits(past_memory, episode_transcript):
        await released.wait()
        return "done"

    app = blueprint(waits)
    alice, bob = app.new_state(), app.new_state()

    async def ask(state):
        async with app.use_state(state):
            await app.acall(question="a")

    first = asyncio.ensure_future(ask(alice))
    second = asyncio.ensure_future(ask(bob))
    await asyncio.sleep(0.05)
    assert not first.done()
    assert not second.done()
    released.set()
    await asyncio.gather(first, second)
    assert alice.node_states["worker"].l2_memory == bob.node_states["worker"].l2_memory == "done"


def test_a_predictor_consolidates_and_what_it_was_asked_is_recorded(lm):
    consolidator = dspy.Predict("past_memory, episode_transcript -> updated_memory")
    app = blueprint(consolidator)
    talk(app, "a")
    assert memory(app) == "0"
    call = app.turns[0].calls[-1]
    assert (call.node, call.source) == ("worker.consolidator", "consolidate")
    assert call.inputs["episode_transcript"].count("- turn:") == 2
    assert "past_memory" in call.prompt[0]["content"]
    assert app.turns[0].prompt == app.turns[0].calls[1].prompt
    assert app.turns[0].prompt_tokens == 30


def test_a_sub_module_consolidates_as_one():
    class Outer(dspy.Module):
        def __init__(self):
            super().__init__()
            self.worker = Agent()

        def forward(self, question):
            return self.worker(question=question)

    app = blueprint(counts, program=Outer)
    talk(app, "a", "b")
    states = app.state.node_states
    assert {path: state.l2_memory for path, state in states.items()} == {
        "worker": "|1|1",
        "worker.worker": "",
    }


def test_the_program_itself_consolidates():
    app = with_memory(dspy.Predict("question -> answer"), lifespan="episodic", consolidator=counts)
    talk(app, "a", "b")
    assert app.state.l2_memory == "|1|1"
    app.undo()
    assert app.state.l2_memory == "|1"
    app.redo()
    assert app.state.l2_memory == "|1|1"


def test_none_leaves_the_memory_as_it_was():
    answers = iter(["first", None])
    app = blueprint(lambda past_memory, episode_transcript: next(answers))
    talk(app, "a", "b")
    assert memory(app) == "first"
    assert app.turns[1].flags == []


# --- reading it ----------------------------------------------------------------------------------


def test_an_input_of_that_name_reads_the_memory_and_stays_out_of_the_history(lm):
    class Remembers(Agent):
        def __init__(self):
            super().__init__()
            self.worker = dspy.Predict("memory, question -> answer")

    app = blueprint(counts, program=Remembers)
    talk(app, "a", "b")
    assert "[[ ## memory ## ]]\n|2\n" in lm.calls[2].last
    assert "[[ ## memory ## ]]\n|2\n" in lm.calls[3].last
    assert "memory" not in lm.calls[3].turns[0]["content"]
    assert app.turns[1].calls[0].inputs == {"memory": "|2", "question": "b"}


def test_forward_reads_it_by_asking():
    asked = []

    class Asks(dspy.Module):
        def __init__(self):
            super().__init__()
            self.worker = Inner()

        def forward(self, question):
            return self.worker(question=question)

    class Inner(dspy.Module):
        def forward(self, question):
            asked.append(get_node_memory())
            return dspy.Prediction(answer="a")

    talk(blueprint(counts, program=Asks), "a", "b")
    assert asked == ["", "|1"]


# --- one state -----------------------------------------------------------------------------------


def test_memory_moves_with_the_turns_and_lies_in_files(tmp_path):
    app = blueprint(counts, make=sessionify)
    talk(app, *"abc")
    forked = app.fork(at=1)
    assert memory(forked) == "|2"
    talk(forked, "other")
    assert (memory(forked), memory(app)) == ("|2|2", "|2|2|2")
    app.undo(2)
    assert memory(app) == "|2"
    app.redo()
    assert memory(app) == "|2|2"
    app.save(tmp_path / "chat.json")
    loaded = Session.load_from(tmp_path / "chat.json", Agent())
    assert memory(loaded) == "|2|2"
    assert memory(loaded.branches["fork-1"]) == "|2|2"
    loaded.redo()
    assert memory(loaded) == "|2|2|2"
    state = SessionState.from_dict(app.state.to_dict())
    with app.use_state(state):
        app(question="d")
    assert state.node_states["worker"].l2_memory == "|2|2|2"
    assert state.turns[-1].calls[1].history_snapshot.messages == [{"question": "d", "answer": "0"}]
    app.reset()
    assert app.state.node_states == {}


def test_a_replay_and_a_trial_consolidate_nothing():
    asked = []
    app = blueprint(lambda past_memory, episode_transcript: asked.append(1) or "memory")
    talk(app, "a", "b")
    app(question="b", history=app.turns[1].history_snapshot)
    app.stateless()(question="c")
    dspy.Evaluate(devset=app.to_examples(), metric=lambda *_: 1.0)(app)
    assert len(asked) == 2
    assert len(app.turns) == 2


def test_a_replay_reads_the_memory_as_it_was_then():
    class Remembers(Agent):
        def __init__(self):
            super().__init__()
            self.worker = dspy.Predict("memory, question -> answer")

    app = blueprint(counts, program=Remembers)
    lm = counting_lm()
    with dspy.context(lm=lm):
        talk(app, *"abc")
        app(question="b", history=app.turns[1].history_snapshot)
    assert lm.prompts[6:8] == lm.prompts[2:4]


def test_a_rerun_consolidates_on_its_branch():
    app = blueprint(counts)
    talk(app, "a", "b")
    again = app.rerun(0)
    assert (memory(again), memory(app)) == ("|2", "|2|2")


# --- failures ------------------------------------------------------------------------------------


def broken(past_memory, episode_transcript):
    raise ValueError("no room")


async def broken_later(past_memory, episode_transcript):
    raise ValueError("no room")


@pytest.mark.parametrize("consolidator", [broken, broken_later])
def test_one_that_fails_leaves_the_episode_and_says_so_once(consolidator, caplog):
    app = blueprint(consolidator)
    with caplog.at_level(logging.WARNING, logger="dspy_session"):
        assert app(question="a").answer == "1"
    (message,) = [record.getMessage() for record in caplog.records]
    assert "the consolidator of 'worker' failed (ValueError: no room)" in message
    assert app.turns[0].flags == [message]
    assert len(app.state.node_states["worker"].turns) == 2
    assert memory(app) == ""
    assert [call.node for call in app.turns[0].calls] == ["worker", "worker"]


def test_the_next_episode_holds_what_was_left():
    answers = iter([broken, counts, counts])
    app = blueprint(
        lambda past_memory, episode_transcript: next(answers)(past_memory, episode_transcript)
    )
    talk(app, *"abc")
    assert memory(app) == "|4|2"
    assert [call.outputs["answer"] for call in app.turns[1].calls[:2]] == ["2", "3"]
    assert [call.outputs["answer"] for call in app.turns[2].calls[:2]] == ["0", "1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [(3, "int"), ({"a": "x", "b": "y"}, "fields a, b"), ({"updated_memory": 3}, "updated_memory")],
)
def test_an_answer_that_is_no_memory_is_a_failure(answer, said):
    app = blueprint(lambda past_memory, episode_transcript: answer)
    talk(app, "a")
    (flag,) = app.turns[0].flags
    assert "returns text" in flag
    assert said in flag


def test_a_failed_call_is_never_consolidated():
    asked = []
    app = blueprint(lambda past_memory, episode_transcript: asked.append(1))

    def down(call):
        if "again" in call.last:
            raise ZeroDivisionError("down")
        return counted(call)

    with dspy.context(lm=scripted_lm(down)), pytest.raises(Exception, match="down"):
        app(question="a")
    assert asked == []
    assert app.state.node_states == {}
    assert len(app.turns) == 0


async def test_a_call_that_is_cancelled_while_it_consolidates_leaves_no_trace():
    async def waits(past_memory, episode_transcript):
        await asyncio.Event().wait()

    app = blueprint(waits)
    task = asyncio.ensure_future(app.acall(question="a"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(app.turns) == 0
    assert app.state.node_states == {}
    assert app._conversation.running == []


def test_an_interrupt_while_it_consolidates_leaves_no_trace():
    def interrupted(past_memory, episode_transcript):
        raise KeyboardInterrupt

    app = blueprint(interrupted)
    with pytest.raises(KeyboardInterrupt):
        app(question="a")
    assert len(app.turns) == 0
    assert app.state.node_states == {}


def test_a_nodes_memory_is_not_written_before_the_turn_is():
    held = Held({"updated_memory": "later"})
    consolidator = dspy.Predict("past_memory, episode_transcript -> updated_memory")
    consolidator.lm = scripted_lm(held)
    app = blueprint(consolidator)
    state = app.new_state()

    import threading

    lm = counting_lm()

    def ask():
        with dspy.context(lm=lm), app.use_state(state):
            app(question="a")

    thread = threading.Thread(target=ask)
    thread.start()
    assert held.reached.wait(20)
    assert (len(state.turns), state.node_states) == (0, {})
    held.release()
    thread.join()
    assert len(state.turns) == 1
    assert state.node_states["worker"].l2_memory == "later"
