"""Sessions inside a program: their turns and settings become a node's, in the one state."""

from __future__ import annotations

import copy
import gc

import cloudpickle
import dspy
import pytest
from support.agents import Researcher, counting_lm, talk

from dspy_session import Session, get_child_l1_ledger, sessionify, with_memory
from dspy_session.errors import ConflictError


class Parent(dspy.Module):
    def __init__(self, worker):
        super().__init__()
        self.worker = worker
        self.last = ""

    def forward(self, question):
        self.worker(question=question)
        answer = self.worker(question=f"{question} again").answer
        self.last = get_child_l1_ledger("worker")
        return dspy.Prediction(answer=answer)

    async def aforward(self, question):
        await self.worker.acall(question=question)
        return dspy.Prediction(answer=(await self.worker.acall(question="again")).answer)


class Writer(dspy.Module):
    """A program with a predictor and a sub-module."""

    def __init__(self):
        super().__init__()
        self.draft = dspy.Predict("question -> plan")
        self.researcher = Researcher()

    def forward(self, question):
        plan = self.draft(question=question).plan
        return dspy.Prediction(answer=self.researcher(plan=plan).findings)


@pytest.fixture(autouse=True)
def lm():
    lm = counting_lm()
    with dspy.context(lm=lm):
        yield lm


def worker(**settings):
    return sessionify(dspy.Predict("question -> answer"), **settings)


def answers(app):
    return [
        [call.outputs["answer"] for call in turn.calls if call.node == "worker"]
        for turn in app.turns
    ]


@pytest.mark.parametrize("make", [sessionify, with_memory])
def test_a_session_inside_keeps_its_turns_in_the_state_around(make):
    child = worker()
    app = make(Parent(child))
    talk(app, "a", "b")
    assert answers(app) == [["0", "1"], ["2", "3"]]
    inner = app.module.worker
    assert isinstance(inner, Session)
    assert len(inner) == len(inner.turns) == 4
    assert inner.turns[3].history_snapshot.messages[2] == {"question": "b", "answer": "2"}
    assert inner.session_history.messages[3] == {"question": "b again", "answer": "3"}
    assert app.module.last.count("- turn:") == 4
    assert {path: len(state.turns) for path, state in app.state.node_states.items()} == {
        "worker": 4
    }
    if make is sessionify:
        assert len(child) == 0  # the program was copied, and its session with it


def test_its_turns_move_with_the_whole():
    app = sessionify(Parent(worker()))
    talk(app, *"abc")
    app.undo()
    assert len(app.module.worker) == 4
    forked = app.fork(at=1)
    talk(forked, "other")
    assert answers(forked) == [["0", "1"], ["2", "3"]]
    assert len(app.module.worker) == 4
    app.redo()
    assert len(app.module.worker) == 6
    for move in ("undo", "fork", "use_state"):
        with pytest.raises(ConflictError, match="'worker' is a node"):
            getattr(app.module.worker, move)()


def test_two_users_of_one_blueprint_have_two():
    app = with_memory(Parent(worker()))
    alice, bob = app.new_state(), app.new_state()
    for state, questions in ((alice, "ab"), (bob, "c")):
        with app.use_state(state):
            talk(app, *questions)
    assert len(alice.node_states["worker"].turns) == 4
    assert len(bob.node_states["worker"].turns) == 2
    assert len(app.module.worker) == 0
    with app.use_state(bob):
        assert [turn.inputs["question"] for turn in app.module.worker.turns] == ["c", "c again"]


async def test_it_is_awaited_in_asynchronous_code():
    app = with_memory(Parent(worker()))
    for question in "ab":
        await app.acall(question=question)
    assert answers(app) == [["0", "1"], ["2", "3"]]


def test_its_settings_stay_its_own(lm):
    seed = dspy.History(messages=[{"question": "seed", "answer": "s"}])
    child = worker(max_turns=2, initial_history=seed, history_field="past")
    app = sessionify(Parent(child))
    talk(app, "a", "b")
    assert answers(app) == [["1", "2"], ["2", "2"]]
    assert "seed" in lm.calls[0].turns[0]["content"]
    assert app.turns[0].calls[0].history_snapshot == seed
    assert app.module.worker.history_field == "past"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_it_tells_of_its_calls_when_the_turn_is_recorded(asynchronous):
    told = []

    def tell(session, turn):
        told.append((turn.node, turn.index, turn.inputs["question"], len(app.turns)))

    app = with_memory(Parent(worker(on_turn=tell)), on_turn=tell)
    for question in "ab":
        if asynchronous:
            await app.acall(question=question)
        else:
            app(question=question)
    again = ["again", "again"] if asynchronous else ["a again", "b again"]
    assert told == [
        ("worker", 0, "a", 1),
        ("worker", 1, again[0], 1),
        ("self", 0, "a", 1),
        ("worker", 2, "b", 2),
        ("worker", 3, again[1], 2),
        ("self", 1, "b", 2),
    ]


def test_what_it_had_said_before_is_what_the_node_has_said():
    child = worker()
    talk(child, "x", "y")
    child.edit_turn(0, outputs={"answer": "edited"})
    child.score(lambda example, pred: 0.5)
    app = with_memory(Parent(child))
    assert [turn.outputs["answer"] for turn in app.module.worker.turns] == ["edited", "1"]
    assert app.module.worker.turns[1].score == 0.5
    talk(app, "a")
    assert answers(app) == [["2", "3"]]
    assert app.turns[0].calls[0].history_snapshot.messages[0]["answer"] == "edited"
    with app.use_state(app.new_state()):  # it is nobody else's
        assert len(app.module.worker) == 0
    app.reset()
    assert len(app.module.worker) == 0


def test_a_program_with_nodes_of_its_own_brings_them(lm, tmp_path):
    child = sessionify(Writer(), child_configs={"researcher": {}})
    talk(child, "x", "y")
    app = sessionify(Parent(child))
    talk(app, "a")
    states = app.state.node_states
    assert {path: len(state.turns) for path, state in states.items()} == {
        "worker": 4,
        "worker.module.draft": 4,
        "worker.module.researcher": 4,
        "worker.module.researcher.ask": 4,
        "worker.module.researcher.read.predict": 4,
    }
    call = app.turns[0].calls[1]
    assert [inner.node for inner in call.calls] == [
        "worker.module.draft",
        "worker.module.researcher",
    ]
    assert len(call.calls[0].history_snapshot.messages) == 3
    old = states["worker"].turns[1]
    assert [len(one.history_snapshot.messages) for one in (old, *old.calls)] == [1, 1, 1]
    assert len(app.module.worker.module.draft) == 4
    app.save(tmp_path / "chat.json")
    loaded = Session.load_from(tmp_path / "chat.json", Parent(child))
    again = loaded.state.node_states["worker"].turns
    assert [turn.outputs for turn in again] == [turn.outputs for turn in states["worker"].turns]
    assert again[1].calls[1].history_snapshot == old.calls[1].history_snapshot


def test_an_automatic_session_inside_goes_on_choosing_for_its_nodes(lm):
    class Echo(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            return self.ask(question=question)

    child = sessionify(Echo())
    child.add_turn(inputs={"question": "by hand"}, outputs={"answer": "too"})
    app = with_memory(Parent(child))
    talk(app, "a")
    assert answers(app) == [["1", "2"]]
    inner = app.turns[0].calls[1].calls[0]
    assert inner.history_snapshot.messages == [
        {"question": "by hand", "answer": "too"},
        {"question": "a", "answer": "1"},
    ]
    assert not inner.stale
    app.module.worker.edit_turn(0, outputs={"answer": "edited"})
    assert app.turns[0].calls[1].calls[0].stale


def test_the_program_around_may_say_what_it_remembers():
    def transcripts(past_memory, episode_transcript):
        return f"{past_memory}|{episode_transcript.count('- turn:')}"

    config = {"lifespan": "episodic", "consolidator": transcripts}
    app = with_memory(Parent(worker()), child_configs={"worker": config})
    talk(app, "a", "b")
    assert answers(app) == [["0", "1"], ["0", "1"]]
    assert app.module.worker.l2_memory == "|2|2"
    app = with_memory(Parent(worker()), child_configs={"worker": {"lifespan": "stateless"}})
    talk(app, "a", "b")
    assert answers(app) == [["0", "0"], ["0", "0"]]
    assert app.state.node_states["worker"].turns == []
    app = with_memory(Parent(worker()), child_configs={"worker": {"isolation": "shared"}})
    talk(app, "a", "b")
    assert answers(app) == [["0", "0"], ["1", "1"]]


@pytest.mark.parametrize(
    "options", [{"exclude": ["worker"]}, {"child_configs": {"worker": {"enabled": False}}}]
)
def test_a_session_that_is_left_out_is_the_bare_program(lm, options):
    app = with_memory(Parent(worker()), **options)
    talk(app, "a", "b")
    assert [turn.outputs["answer"] for turn in app.turns] == ["0", "0"]
    assert [turn.calls for turn in app.turns] == [[], []]
    assert app.state.node_states == {}
    assert "history" not in lm.calls[1].system


def test_an_explicit_history_inside_is_used_and_not_recorded():
    class Replays(dspy.Module):
        def __init__(self):
            super().__init__()
            self.worker = worker()

        def forward(self, question):
            given = dspy.History(messages=[{"question": "q", "answer": "a"}] * 3)
            self.worker(question="aside", history=given)
            return self.worker(question=question)

    app = with_memory(Replays())
    talk(app, "a", "b")
    assert [[call.outputs["answer"] for call in turn.calls] for turn in app.turns] == [["0"], ["1"]]
    assert len(app.turns[1].requests) == 2


def test_a_replay_of_a_snapshot_puts_it_where_it_stood(lm):
    app = sessionify(Parent(sessionify(Writer())))
    talk(app, *"abc")
    sent = len(lm.calls)
    app(question="b", history=app.turns[1].history_snapshot)
    assert lm.prompts[sent:] == lm.prompts[6:12]
    assert len(app.module.worker) == 6


def test_a_failed_call_leaves_it_as_it_was():
    class Fails(Parent):
        def forward(self, question):
            self.worker(question=question)
            raise ZeroDivisionError

    app = with_memory(Fails(worker()))
    with pytest.raises(ZeroDivisionError):
        app(question="a")
    assert len(app.module.worker) == 0
    assert app.state.node_states == {}


def test_an_error_that_the_program_catches_leaves_what_was_paid_for():
    class Half(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            self.ask(question=question)
            raise ZeroDivisionError

    class Catches(dspy.Module):
        def __init__(self):
            super().__init__()
            self.half = sessionify(Half())

        def forward(self, question):
            try:
                return self.half(question=question)
            except ZeroDivisionError:
                return dspy.Prediction(answer="none")

    app = with_memory(Catches())
    talk(app, "a", "b")
    assert [[call.node for call in turn.calls] for turn in app.turns] == [["half.module.ask"]] * 2
    assert app.turns[1].prompt_tokens == 10
    assert len(app.state.node_states["half.module.ask"].turns) == 2


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda a: a.deepcopy(), lambda a: cloudpickle.loads(cloudpickle.dumps(a))],
    ids=["deepcopy", "dspy", "cloudpickle"],
)
def test_copies_of_the_whole_have_a_node_of_their_own(copied):
    app = with_memory(Parent(worker()))
    talk(app, "a")
    twin = copied(app)
    length = len(twin.turns)
    talk(twin, "b")
    assert len(twin.module.worker) == 2 * (length + 1)
    assert len(app.module.worker) == 2


def test_a_session_is_free_again_when_what_was_around_it_is_gone():
    child = worker()
    program = Parent(child)
    app = with_memory(program)
    talk(app, "a")
    assert len(child) == 2
    del app
    gc.collect()  # DSPy before 3.4 looks at the stack of each call and leaves it in a cycle
    talk(child, "x", "y")
    assert [turn.outputs["answer"] for turn in child.turns] == ["0", "1"]
    child.undo()
    assert len(child) == 1


def test_optimizers_see_through_it():
    app = with_memory(Parent(worker()))
    talk(app, "a", "b")
    assert [name for name, _ in app.named_predictors()] == ["module.worker.module"]
    better = dspy.BootstrapFewShot(metric=lambda *_: True).compile(app, trainset=app.to_examples())
    assert better.module.worker.module.demos
    lm = counting_lm()
    with dspy.context(lm=lm):
        better(question="new")
    assert len(lm.calls[0].turns) >= 2
    assert (len(app.turns), len(better.turns)) == (2, 1)
