"""Nodes are sessions to look at, and the modules they were."""

from __future__ import annotations

import copy

import cloudpickle
import dspy
import pytest
from support.agents import DESK_NODES, Desk, counting_lm, talk

from dspy_session import Session, with_memory
from dspy_session.errors import ConflictError


@pytest.fixture
def app():
    with dspy.context(lm=counting_lm()):
        app = with_memory(Desk(), child_configs={"researcher": {}})
        talk(app, "a", "b")
        yield app


def test_a_node_is_a_session_and_what_it_was(app):
    planner, researcher = app.module.planner, app.module.researcher
    assert isinstance(planner, Session)
    assert isinstance(planner, dspy.Predict)
    assert isinstance(researcher, Session)
    assert type(planner).__name__ == "Predict"
    assert repr(planner).startswith("Predict(")
    assert not hasattr(type(researcher), "reset") or callable(researcher.reset)


def test_a_node_is_read_like_a_session(app):
    planner = app.module.planner
    assert len(planner) == len(planner.turns) == 4
    assert bool(app.module.critic)
    assert planner.turns[2].inputs == {"question": "b"}
    assert planner.turns[2].index == 2
    assert len(planner.turns[2].history_snapshot.messages) == 2
    assert planner.session_history.messages[-1] == {"question": "b again", "plan": "3"}
    assert planner.history_field == "history"
    assert planner.state.turns == list(planner.turns)
    assert app.module.researcher.session_history.messages == [
        {"plan": "1", "findings": "0"},
        {"plan": "3", "findings": "1"},
    ]


def test_a_node_reads_and_writes_like_the_predictor_it_is(app):
    writer = app.module.writer
    assert list(writer.signature.output_fields) == ["answer"]
    writer.demos = [dspy.Example(question="demo?", answer="demo!")]
    writer.config = {"temperature": 0.5}
    writer.lm = lm = counting_lm()
    writer.signature = writer.signature.with_instructions("Be brief.")
    app(question="c")
    (call,) = lm.calls
    assert "Be brief." in call.system
    assert call.turns[0]["content"].count("demo?") == 1
    assert len(call.turns) == 6
    writer.reset()
    assert (writer.demos, writer.lm) == ([], None)
    assert len(writer.turns) == 3


def test_what_is_added_to_a_nodes_calls_belongs_to_the_whole(app):
    writer = app.module.writer
    assert writer.score(lambda example, pred: float(pred.answer)) == [0.0, 1.0]
    writer.edit_turn(1, outputs={"answer": "corrected"}, label="better")
    call = app.turns[1].calls[-1]
    assert (call.outputs, call.label, call.score) == ({"answer": "corrected"}, "better", 1.0)
    assert app.turns[1].outputs == {"answer": "1"}
    app(question="c")
    assert app.module.writer.turns[2].history_snapshot.messages[1]["answer"] == "corrected"
    writer.revert_turn(1)
    assert writer.turns[1].outputs == {"answer": "1"}
    app._conversation.undo()
    assert writer.turns[1].outputs == {"answer": "corrected"}


def test_a_nodes_calls_are_its_training_data(app):
    examples = app.module.planner.to_examples()
    assert [example.question for example in examples] == ["a", "a again", "b", "b again"]
    assert len(examples[3].history.messages) == 3
    assert list(app.module.planner.to_dataframe()["output.plan"]) == ["0", "1", "2", "3"]
    assert len(Session.merge_examples(app.module.planner, app.module.writer)) == 6


@pytest.mark.parametrize(
    "move",
    [
        "undo",
        "redo",
        "pop_turn",
        "fork",
        "rerun",
        "add_turn",
        "use_state",
        "update_module",
        "replay",
    ],
)
def test_moves_are_refused_and_name_the_way(app, move):
    with pytest.raises(ConflictError, match=rf"'planner' is a node of .*call {move}\(\)"):
        getattr(app.module.planner, move)(1)
    assert len(app.turns) == 2
    with pytest.raises(ConflictError, match="reset"):
        app.module.researcher.reset()


def test_a_node_shows_the_state_that_is_bound(app):
    alice = app.new_state()
    with app.use_state(alice):
        assert len(app.module.planner) == 0
        app(question="a")
        assert len(app.module.planner) == 2
    assert len(app.module.planner) == 4


def test_a_node_moves_with_the_whole(app):
    app.undo()
    assert len(app.module.planner) == 2
    assert len(app.module.researcher) == 1
    app.redo()
    assert len(app.module.planner) == 4
    app.reset()
    assert len(app.module.planner) == 0


def test_a_node_called_on_its_own_is_the_bare_module(app):
    assert app.module.writer(question="?").answer == "0"
    assert app.module.researcher(plan="?").findings == "0"
    assert len(app.module.writer) == 2


# --- copies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda m: m.deepcopy(), lambda m: cloudpickle.loads(cloudpickle.dumps(m))],
    ids=["deepcopy", "dspy", "cloudpickle"],
)
def test_a_copied_program_has_nodes_without_turns(app, copied):
    app.module.writer.demos = [dspy.Example(question="q", answer="a")]
    twin = copied(app.module)
    assert isinstance(twin.writer, Session)
    assert isinstance(twin.researcher, Session)
    assert twin.writer.turns == []
    assert twin.researcher.session_history.messages == []
    assert len(twin.writer.demos) == 1
    assert twin.last is twin.writer
    assert twin(question="?").answer == "1"  # the demo
    with pytest.raises(ConflictError, match="node of a session"):
        twin.writer.undo()
    again = with_memory(twin)
    talk(again, "a", "b")
    assert [turn.outputs["answer"] for turn in again.turns] == ["1", "2"]


def test_a_forked_or_copied_session_has_nodes_of_its_own():
    with dspy.context(lm=counting_lm()):
        app = with_memory(Desk(), copy_mode="deep")
        talk(app, "a", "b")
        forked = app.fork(at=1)
        forked(question="c")
        assert len(forked.module.planner) == 4
        assert len(app.deepcopy().module.planner) == 0
        talk(app, "c")
        assert len(app.module.planner) == 6
        assert len(forked.module.planner) == 4


def test_a_session_comes_back_from_a_pickle_with_its_nodes(tmp_path):
    with dspy.context(lm=counting_lm()):
        app = with_memory(Desk(), child_configs={"planner": {"lifespan": "episodic"}})
        twin = cloudpickle.loads(cloudpickle.dumps(app))
        talk(twin, "a", "b")
        assert [call.outputs["plan"] for call in twin.turns[1].calls[:2]] == ["0", "1"]
        assert len(twin.module.writer) == 2


# --- plain programs ------------------------------------------------------------------------------


def test_predictors_are_found_under_the_plain_paths(app):
    assert [name for name, _ in app.module.named_predictors()] == DESK_NODES
    assert [name for name, _ in app.module.researcher.named_predictors()] == ["ask", "read.predict"]


def test_state_goes_to_and_from_plain_programs(app, tmp_path):
    plain = Desk()
    plain.writer.demos = [dspy.Example(question="q", answer="a").toDict()]
    app.module.load_state(plain.dump_state())
    assert app.module.writer.demos == plain.writer.demos
    assert app.module.dump_state() == plain.dump_state()
    app.module.researcher.ask.demos = [{"plan": "p", "query": "q"}]
    app.module.save(tmp_path / "program.json")
    other = Desk()
    other.load(tmp_path / "program.json")
    assert other.researcher.ask.demos == [{"plan": "p", "query": "q"}]
    app.module.researcher.save(tmp_path / "part.json")
    other.researcher.load(tmp_path / "part.json")
    assert "history" not in other.planner.signature.fields


def test_what_an_optimizer_learned_is_in_the_prompts(app):
    optimizer = dspy.BootstrapFewShot(metric=lambda *_: True, max_bootstrapped_demos=1)
    better = optimizer.compile(app, trainset=app.to_examples())
    assert [len(one.demos) > 0 for _, one in better.named_predictors()] == [True] * len(DESK_NODES)
    assert (len(better.turns), len(app.turns)) == (0, 2)
    assert isinstance(better.module.planner, Session)
    lm = counting_lm()
    with dspy.context(lm=lm):
        better(question="new")
    assert len(lm.calls[0].turns) >= 2
    assert len(better.module.planner) == 2


def test_a_part_with_attributes_of_the_same_names_keeps_them():
    class Odd(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")
            self.state, self.turns, self.name, self._key = "mine", 3, "odd", "k"

        def forward(self, question):
            self.turns += 1
            self.state = f"{self.state}!"
            return self.ask(question=f"{self.name} {self._key} {question}")

    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.odd = Odd()

        def forward(self, question):
            return self.odd(question=question)

    with dspy.context(lm=counting_lm()):
        app = with_memory(Program(), child_configs={"odd": {}})
        talk(app, "a", "b")
    odd = app.module.odd
    assert (odd.state, odd.turns, odd.name) == ("mine!!", 5, "odd")
    assert app.turns[1].calls[0].calls[0].inputs == {"question": "odd k b"}
    assert len(app.state.node_states["odd"].turns) == 2


def test_a_part_that_is_asynchronous_only_stays_it():
    class Later(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        async def aforward(self, question):
            return await self.ask.acall(question=question)

    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.later = Later()

        async def aforward(self, question):
            return await self.later.acall(question=question)

    app = with_memory(Program(), child_configs={"later": {}})
    assert not hasattr(app.module.later, "forward")


async def test_nodes_of_asynchronous_programs_remember_alike():
    with dspy.context(lm=counting_lm()):
        app = with_memory(Desk(), child_configs={"researcher": {"lifespan": "episodic"}})
        for question in "ab":
            await app.acall(question=question)
    assert [c.outputs.get("plan") for c in app.turns[1].calls[:2]] == ["2", "3"]
    assert [len(c.history_snapshot.messages) for c in app.turns[1].calls if c.calls] == [0]
    assert len(app.module.planner) == 4
