"""Turns as a session shows them."""

from __future__ import annotations

import copy
import datetime
import gc
import pickle

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import errors, sessionify
from dspy_session._calls.history import Origin, SnapshotHistory, origin_nodes


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        for _ in range(2):
            plan = self.planner(question=question).plan
        return dspy.Prediction(answer=self.writer(question=question, plan=plan).answer)


def chat(turns=3, program=None, **settings):
    session = sessionify(program or dspy.Predict("question -> answer"), **settings)
    session.set_lm(
        scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}", "plan": "p"})
    )
    for number in range(turns):
        session(question=f"q{number}")
    return session


def test_turns_read_as_a_list():
    turns = chat(3).turns
    assert len(turns) == 3
    assert turns[-1] == turns[2] == list(turns)[2]
    assert turns[1:] == [turns[1], turns[2]]
    assert turns[::-1] == [turns[2], turns[1], turns[0]]
    assert turns == list(turns)
    assert turns[1] in turns
    assert turns.index(turns[2]) == 2
    assert turns != 3


@pytest.mark.parametrize("index", [3, -4])
def test_a_turn_that_is_not_there_is_refused(index):
    with pytest.raises(errors.TurnNotFoundError, match="has 3 turns"):
        chat(3).turns[index]


def test_indices_stay_true_when_old_turns_are_trimmed():
    session = chat(5, max_stored_turns=2)
    assert [turn.index for turn in session.turns] == [3, 4]
    assert session.turns[0].index == 3
    assert [len(turn.history_snapshot.messages) for turn in session.turns] == [2, 2]
    assert session.turns[0].history_snapshot.messages[0]["question"] == "q1"


def test_what_was_trimmed_leaves_memory():
    session = chat(0, max_stored_turns=3)
    for number in range(40):
        session.add_turn(inputs={"question": f"q{number}"}, outputs={"answer": "a"})
    session._conversation._undo.clear()
    gc.collect()
    run = session._branch.log._run
    assert len(run.items) <= 16


def test_ledgers_of_nodes_leave_memory_with_the_turns():
    session = chat(40, Agent(), max_stored_turns=3)
    planner = session.state.node_states["planner"]
    assert len(planner.turns) == 6
    assert len(session._branch.nodes["planner"].ledger._run.items) <= 32
    for turn in session.turns:
        assert [len(call.history_snapshot.messages) for call in turn.calls] == [6, 6, 3]


def test_a_turn_keeps_what_it_showed_when_it_was_taken():
    session = chat(2)
    turn = session.turns[0]
    session.edit_turn(0, outputs={"answer": "edited"}, label="x", score=1)
    assert (turn.outputs, turn.label, turn.score) == ({"answer": "after 0"}, None, None)
    assert session.turns[0] != turn
    assert session.turns[0].id == turn.id
    assert hash(session.turns[0]) == hash(turn)


def test_times_are_aware_and_ordered():
    first, second = chat(2).turns
    assert first.created_at.tzinfo is datetime.timezone.utc
    assert first.created_at <= second.created_at
    assert first.latency_s >= 0


def test_the_text_of_a_turn_is_short_for_long_histories():
    session = chat(12)
    assert "history_snapshot=History(messages=<11 messages>)" in repr(session.turns[11])
    assert repr(session.turns).count("Turn(") == 12
    assert repr(chat(0).turns) == "[]"


def test_nested_calls_are_shown_with_their_own_history():
    session = chat(2, Agent())
    turn = session.turns[1]
    assert [call.node for call in turn.calls] == ["planner", "planner", "writer"]
    assert [call.index for call in turn.calls] == [1, 1, 1]
    assert len(turn.calls[0].history_snapshot.messages) == 2
    assert repr(turn.calls[0]).startswith("Call(index=1, inputs={'question': 'q1'}")
    assert turn.node == "self"


def test_the_ledger_of_a_node_counts_its_own_calls():
    session = chat(3, Agent())
    state = session.state.node_states["planner"]
    assert [call.index for call in state.turns] == [0, 1, 2, 3, 4, 5]
    assert [len(call.history_snapshot.messages) for call in state.turns] == [0, 0, 2, 2, 4, 4]
    assert [call.stale for call in state.turns] == [False] * 6
    assert state.l2_memory == ""
    assert repr(state) == "NodeState('planner', turns=6)"
    writer = session.state.node_states["writer"]
    assert [len(call.history_snapshot.messages) for call in writer.turns] == [0, 1, 2]


# --- snapshots ------------------------------------------------------------------------------------


def test_a_snapshot_is_a_history_like_any_other():
    snapshot = chat(2).turns[1].history_snapshot
    plain = dspy.History(messages=[{"question": "q0", "answer": "after 0"}])
    assert snapshot == plain
    assert plain == snapshot
    assert (repr(snapshot), str(snapshot)) == (repr(plain), str(plain))
    assert snapshot.model_dump() == plain.model_dump()
    assert snapshot != dspy.History(messages=[])
    assert snapshot != plain.messages


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda h: h.model_copy(deep=True)])
def test_copies_of_a_snapshot_still_know_where_nodes_stood(copied):
    snapshot = chat(2, Agent()).turns[1].history_snapshot
    assert set(origin_nodes(copied(snapshot))) == {"planner", "writer"}
    assert len(origin_nodes(copied(snapshot))["planner"].ledger) == 2


def test_a_pickled_snapshot_forgets_where_nodes_stood():
    snapshot = chat(2, Agent()).turns[1].history_snapshot
    loaded = pickle.loads(pickle.dumps(snapshot))  # noqa: S301  # made here
    assert isinstance(loaded, SnapshotHistory)
    assert loaded == snapshot
    assert origin_nodes(loaded) == {}
    assert pickle.loads(pickle.dumps(Origin())).nodes == {}  # noqa: S301  # made here


def test_any_other_history_knows_of_no_nodes():
    assert origin_nodes(dspy.History(messages=[])) == {}


def test_history_now_is_the_snapshot_with_later_edits():
    session = chat(3)
    session.edit_turn(1, outputs={"answer": "edited"})
    turn = session.turns[2]
    assert [m["answer"] for m in turn.history_snapshot.messages] == ["after 0", "after 1"]
    assert [m["answer"] for m in turn.history_now.messages] == ["after 0", "edited"]
