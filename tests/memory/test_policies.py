"""What each node remembers and sees, policy by policy."""

from __future__ import annotations

import dspy
import pytest
from support.agents import DESK_NODES, Desk, counting_lm, said, talk
from support.scripted import scripted_lm

from dspy_session import Session, sessionify, with_memory


@pytest.fixture
def lm():
    lm = counting_lm()
    with dspy.context(lm=lm):
        yield lm


# --- isolation -----------------------------------------------------------------------------------


def test_every_predictor_is_a_node_with_a_ledger_of_its_own(lm):
    app = with_memory(Desk())
    talk(app, "a", "b")
    states = app.state.node_states
    assert sorted(states) == sorted(DESK_NODES)
    assert {path: len(state.turns) for path, state in states.items()} == {
        **dict.fromkeys(DESK_NODES, 2),
        "planner": 4,
    }


def test_an_isolated_node_sees_its_own_calls_those_of_the_running_turn_too(lm):
    app = with_memory(Desk())
    talk(app, "a", "b", "c")
    assert said(app, "planner") == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert said(app, "writer") == [["0"], ["1"], ["2"]]
    call = app.turns[1].calls[1]
    assert call.history_snapshot.messages == [
        {"question": "a", "plan": "0"},
        {"question": "a again", "plan": "1"},
        {"question": "b", "plan": "2"},
    ]


def test_an_isolated_node_does_not_read_what_the_program_was_told(lm):
    app = with_memory(Desk())
    app.add_turn(inputs={"question": "by hand"}, outputs={"answer": "too"})
    talk(app, "a")
    assert said(app, "writer")[1] == ["0"]


def test_a_shared_node_reads_the_conversation_and_keeps_no_ledger(lm):
    app = with_memory(Desk(), child_configs={"writer": {"isolation": "shared"}})
    app.add_turn(inputs={"question": "by hand"}, outputs={"answer": "too"})
    talk(app, "a", "b")
    assert said(app, "writer")[1:] == [["1"], ["2"]]
    assert app.state.node_states["writer"].turns == []
    assert app.turns[2].calls[-1].history_snapshot == app.turns[2].history_snapshot


def test_a_shared_node_reads_as_text_what_cannot_stand_in_its_prompt(lm):
    app = with_memory(Desk(), child_configs={"critic": {"isolation": "shared"}})
    talk(app, "a", "b")
    first, second = (call for call in lm.calls if "`verdict`" in call.system)
    assert "transcript" not in first.system
    assert second.turns == []
    assert "[[ ## transcript ## ]]\nquestion: a\nanswer: 0\n" in second.last
    call = app.turns[1].calls[-2]
    assert (call.node, call.inputs) == ("critic", {"question": "b", "findings": "1"})
    assert call.history_snapshot.messages == [{"question": "a", "answer": "0"}]


def test_a_signature_with_a_transcript_of_its_own_gets_it_there(lm):
    class Judged(dspy.Module):
        def __init__(self):
            super().__init__()
            self.judge = dspy.Predict("transcript, question -> answer")

        def forward(self, question):
            return self.judge(question=question)

    app = with_memory(Judged(), isolation="shared")
    talk(app, "a", "b")
    assert "question: a" in lm.calls[1].last
    assert lm.calls[1].turns == []


def test_a_shared_sub_module_shares_with_all_that_is_in_it(lm):
    app = with_memory(Desk(), child_configs={"researcher": {"isolation": "shared"}})
    talk(app, "a", "b")
    asked = [call for call in lm.calls if "`query`" in call.system and "question: a" in call.last]
    assert len(asked) == 2
    assert app.state.node_states["researcher.ask"].turns == []


def test_without_recursion_nodes_see_the_conversation_where_they_can(lm):
    app = with_memory(Desk(), recursive=False)
    app.add_turn(inputs={"question": "by hand"}, outputs={"answer": "too"})
    talk(app, "a")
    assert said(app, "writer")[1] == ["1"]
    assert said(app, "planner")[1] == ["0", "0"]
    assert not isinstance(app.module.planner, Session)


def test_a_chain_of_thought_speaks_for_itself_under_every_policy(lm):
    for options in ({}, {"isolation": "shared"}, {"child_configs": {"self": {}}}):
        app = with_memory(dspy.ChainOfThought("question -> answer"), **options)
        app.add_turn(inputs={"question": "by hand"}, outputs={"answer": "too"})
        talk(app, "a")
        assert "too" in lm.calls[-1].turns[1]["content"]


# --- lifespan ------------------------------------------------------------------------------------


def test_an_episodic_node_forgets_when_the_turn_is_done(lm):
    app = with_memory(Desk(), child_configs={"planner": {"lifespan": "episodic"}})
    talk(app, "a", "b", "c")
    assert said(app, "planner") == [["0", "1"]] * 3
    assert app.state.node_states["planner"].turns == []
    call = app.turns[2].calls[1]
    assert call.history_snapshot.messages == [{"question": "c", "plan": "0"}]


def test_a_stateless_node_remembers_nothing_and_is_still_recorded(lm):
    app = with_memory(Desk(), child_configs={"planner": {"lifespan": "stateless"}})
    talk(app, "a", "b")
    assert said(app, "planner") == [["0", "0"], ["0", "0"]]
    assert app.state.node_states["planner"].turns == []
    assert app.turns[1].calls[1].history_snapshot.messages == []


def test_a_policy_for_all_nodes_is_overridden_for_one(lm):
    config = {"planner": {"lifespan": "persistent"}, "self": {"lifespan": "persistent"}}
    app = with_memory(Desk(), lifespan="stateless", child_configs=config)
    talk(app, "a", "b")
    assert said(app, "planner") == [["0", "1"], ["2", "3"]]
    assert said(app, "writer") == [["0"], ["0"]]


def test_a_stateless_program_records_no_turn(lm):
    app = with_memory(dspy.Predict("question -> answer"), lifespan="stateless")
    assert [app(question="?").answer for _ in range(2)] == ["0", "0"]
    assert len(app.turns) == 0


def test_an_episodic_program_shows_no_turn_again_and_keeps_them_all(lm):
    app = with_memory(dspy.Predict("question -> answer"), lifespan="episodic")
    talk(app, "a", "b")
    assert [turn.outputs["answer"] for turn in app.turns] == ["0", "0"]
    assert app.session_history.messages == []
    app.undo()
    assert len(app.turns) == 1


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ("steps[0]", "steps[0]"),
        ("steps", "steps[0]"),
        ("tools['search']", "tools['search']"),
        ('tools["search"]', "tools['search']"),
        ("researcher.ask", "researcher.ask"),
        ("researcher", "researcher.ask"),
        ("last", "writer"),
    ],
)
def test_a_path_governs_the_part_and_all_that_is_in_it(lm, path, node):
    app = with_memory(Desk(), child_configs={path: {"lifespan": "stateless"}})
    talk(app, "a", "b")
    calls = [c for t in app.turns for one in t.calls for c in (one, *one.calls) if c.node == node]
    assert [next(iter(call.outputs.values())) for call in calls] == ["0", "0"]
    assert len(app.state.node_states["planner"].turns) == 4


def test_the_most_specific_path_wins(lm):
    config = {"researcher": {"lifespan": "stateless"}, "researcher.ask": {"lifespan": "persistent"}}
    app = with_memory(Desk(), child_configs=config)
    talk(app, "a", "b")
    states = app.state.node_states
    assert len(states["researcher.ask"].turns) == 2
    assert len(states["researcher.read.predict"].turns) == 0


def test_a_sub_module_that_is_named_is_a_node_of_its_own(lm):
    app = with_memory(Desk(), child_configs={"researcher": {}})
    talk(app, "a", "b")
    assert isinstance(app.module.researcher, Session)
    (call,) = (call for call in app.turns[1].calls if call.node == "researcher")
    assert call.inputs == {"plan": "3"}
    assert call.outputs == {"findings": "1"}
    assert call.history_snapshot.messages == [{"plan": "1", "findings": "0"}]
    assert [inner.node for inner in call.calls] == ["researcher.ask", "researcher.read.predict"]
    assert len(app.state.node_states["researcher"].turns) == 2


def test_compiled_parts_and_dict_keys_of_any_type_are_nodes(lm):
    class Frozen(dspy.Module):
        def __init__(self):
            super().__init__()
            self.part = dspy.ChainOfThought("question -> answer")
            self.part._compiled = True
            self.by_number = {3: dspy.Predict("question -> answer")}

        def forward(self, question):
            self.part(question=question)
            return self.by_number[3](question=question)

    app = with_memory(Frozen(), child_configs={"by_number['3']": {"lifespan": "stateless"}})
    talk(app, "a", "b")
    assert said(app, "part.predict") == [["0"], ["1"]]
    assert said(app, "by_number[3]") == [["0"], ["0"]]


# --- which parts are nodes -----------------------------------------------------------------------


def raw(app, lm, question="c"):
    """The nodes that are not: neither recorded nor shown anything."""
    sent = len(lm.calls)
    app(question=question)
    recorded = [c.node for one in app.turns[-1].calls for c in (one, *one.calls)]
    shown = [call for call in lm.calls[sent:] if "history" in call.system]
    assert len(shown) == len(recorded)
    return sorted(set(DESK_NODES) - set(recorded))


def test_only_what_is_included_is_a_node(lm):
    app = with_memory(Desk(), include={"planner", "researcher"})
    talk(app, "a", "b")
    assert raw(app, lm) == ["critic", "steps[0]", "tools['search']", "writer"]
    assert isinstance(app.module.planner, Session)
    assert not isinstance(app.module.writer, Session)


def test_what_is_excluded_is_as_it_was(lm):
    app = with_memory(Desk(), exclude=["researcher", "steps[0]"])
    talk(app, "a", "b")
    assert raw(app, lm) == ["researcher.ask", "researcher.read.predict", "steps[0]"]
    assert type(app.module.steps[0]) is dspy.Predict
    assert "steps[0]" not in app.state.node_states


def test_a_predicate_chooses_the_nodes(lm):
    asked = {}

    def where(path, part):
        asked[path] = part
        return path != "planner"

    app = with_memory(Desk(), where=where)
    talk(app, "a")
    assert raw(app, lm) == ["planner"]
    assert list(asked) == DESK_NODES
    assert asked["writer"] is app.module.writer


def test_a_node_that_is_not_enabled_is_as_it_was(lm):
    config = {
        "researcher": {"enabled": False},
        "writer": {"enabled": False, "lifespan": "episodic"},
    }
    app = with_memory(Desk(), child_configs=config)
    talk(app, "a", "b")
    assert raw(app, lm) == ["researcher.ask", "researcher.read.predict", "writer"]
    assert len(app.turns[0].requests) == 8


def test_a_program_may_be_wrapped_again_with_other_nodes(lm):
    program = Desk()
    one, other = with_memory(program), with_memory(program, include={"writer"})
    talk(one, "a", "b")
    talk(other, "a", "b")
    assert sorted(other.state.node_states) == ["writer"]
    assert len(one.state.node_states) == len(DESK_NODES)


def test_sessionify_takes_the_same_policies_and_copies_the_program(lm):
    program = Desk()
    app = sessionify(program, child_configs={"planner": {"lifespan": "episodic"}})
    talk(app, "a", "b")
    assert said(app, "planner") == [["0", "1"]] * 2
    assert type(program.planner) is dspy.Predict


# --- windows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("max_turns", "seen"), [(0, ["0", "1"]), (1, ["2", "3"]), (9, ["6", "7"])])
def test_a_window_of_turns_holds_for_ledgers_too(lm, max_turns, seen):
    app = with_memory(Desk(), max_turns=max_turns)
    talk(app, *"abcd")
    assert said(app, "planner")[-1] == seen


@pytest.mark.parametrize(("max_turns", "seen"), [(0, [0, 0, 0]), (1, [0, 1, 1]), (None, [0, 1, 2])])
@pytest.mark.parametrize("lifespan", ["persistent", "episodic", "stateless"])
def test_a_window_of_turns_holds_inside_a_sub_module_whatever_that_remembers(
    lifespan, max_turns, seen, lm
):
    kept = {"isolation": "isolated", "lifespan": "persistent"}
    policies = {"researcher": {**kept, "lifespan": lifespan}, "researcher.ask": kept}
    app = with_memory(Desk(), child_configs=policies, max_turns=max_turns)
    talk(app, "a", "b", "c")
    asked = [call for call in lm.calls if "produce the fields `query`" in call.system]
    assert [len(call.turns) // 2 for call in asked] == seen


def test_ledgers_go_with_the_turns_that_are_no_longer_stored(lm):
    app = with_memory(Desk(), max_stored_turns=2, child_configs={"researcher": {}})
    talk(app, *"abcdef")
    assert said(app, "planner")[-1] == ["4", "5"]
    assert len(app.state.node_states["planner"].turns) == 4
    assert len(app.turns[-1].calls[-1].history_snapshot.messages) == 2
    assert [len(c.history_snapshot.messages) for c in app.turns[0].calls[:2]] == [4, 5]


def test_excluded_fields_stay_out_of_every_ledger(lm):
    app = with_memory(Desk(), exclude_fields={"findings"}, child_configs={"researcher": {}})
    talk(app, "a", "b")
    calls = {call.node: call for call in app.turns[1].calls}
    assert calls["researcher"].history_snapshot.messages == [{"plan": "1"}]
    assert calls["critic"].history_snapshot.messages == [{"question": "a", "verdict": "0"}]


def test_edits_reach_the_ledgers_of_the_nodes_that_said_the_same(lm):
    app = with_memory(Desk())
    talk(app, "a")
    app.edit_turn(0, outputs={"answer": "edited"})
    talk(app, "b")
    assert lm.calls[-1].turns[1]["content"].count("edited") == 1


def test_a_test_double_gets_its_history_as_an_argument():
    seen = []
    worker = dspy.Predict("question -> answer")

    def forward(**inputs):
        seen.append(len(inputs["history"].messages))
        return dspy.Prediction(answer="a")

    worker.forward = forward

    class Agent(dspy.Module):
        def __init__(self):
            super().__init__()
            self.worker = worker

        def forward(self, question):
            self.worker(question=question)
            return self.worker(question="again")

    for isolation in ("isolated", "shared"):
        app = with_memory(Agent(), isolation=isolation)
        with dspy.context(lm=scripted_lm()):
            talk(app, "a", "b")
    assert seen == [0, 1, 2, 3, 0, 0, 1, 1]
