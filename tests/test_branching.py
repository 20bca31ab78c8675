"""Moving on the tree: forks, undo and redo, edits, re-runs, names."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import errors, sessionify


def chat(turns=0, **settings):
    numbers = iter(range(1000))
    lm = scripted_lm(lambda call: {"answer": f"answer {next(numbers)}"})
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(lm)
    for number in range(turns):
        session(question=f"q{number}")
    return session, lm


def questions(session):
    return [turn.inputs["question"] for turn in session.turns]


# --- forks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "kept"), [(None, 3), (0, 0), (2, 2), (3, 3), (-1, 2)])
def test_a_fork_keeps_the_turns_before_its_index(at, kept):
    session, _ = chat(3)
    branch = session.fork(at=at, name="what-if")
    assert branch.turns == session.turns[:kept]
    assert (branch.name, session.name) == ("what-if", "main")
    assert [turn.id for turn in branch.turns] == [turn.id for turn in session.turns[:kept]]


def test_both_sides_of_a_fork_go_their_own_way():
    session, _ = chat(2)
    branch = session.fork(at=1)
    branch(question="b")
    session(question="a")
    branch.edit_turn(0, outputs={"answer": "edited"}, label="x")
    assert (questions(session), questions(branch)) == (["q0", "q1", "a"], ["q0", "b"])
    assert session.turns[0].outputs == {"answer": "answer 0"}
    assert session.turns[0].label is None
    assert branch.turns[1].stale
    assert not session.turns[1].stale


def test_a_fork_takes_edits_and_scores_along():
    session, _ = chat(2)
    session.edit_turn(0, outputs={"answer": "edited"}, score=0.5)
    branch = session.fork()
    assert (branch.turns[0].outputs, branch.turns[0].score) == ({"answer": "edited"}, 0.5)
    session.revert_turn(0)
    assert branch.turns[0].outputs == {"answer": "edited"}


def test_branches_lists_the_family_from_every_member():
    session, _ = chat(1)
    one = session.fork(name="one")
    two = one.fork(name="two")
    for member in (session, one, two):
        assert list(member.branches) == ["main", "one", "two"]
        assert member.branches[member.name] is member
    one(question="x")
    assert questions(session.branches["one"]) == ["q0", "x"]
    session.branches["two"](question="y")
    assert questions(two) == ["q0", "y"]


def test_forks_get_names_that_are_free():
    session, _ = chat()
    session.fork(name="fork-2")
    assert [session.fork().name for _ in range(3)] == ["fork-1", "fork-3", "fork-4"]
    assert session.rename("trunk") is None
    assert next(iter(session.branches)) == "trunk"
    with pytest.raises(errors.NameTakenError, match="fork-2"):
        session.rename("fork-2")


def test_a_fork_of_a_trimmed_conversation_keeps_what_is_there():
    session, _ = chat(5, max_stored_turns=2)
    branch = session.fork(at=4)
    assert [turn.index for turn in branch.turns] == [3]
    with pytest.raises(errors.TurnNotFoundError, match="its turns are 3 to 4"):
        session.fork(at=2)


def test_pruning_takes_a_branch_and_leaves_its_forks():
    session, _ = chat(1)
    one = session.fork(name="one")
    one(question="x")
    two = one.fork(name="two")
    session.prune("one")
    assert list(session.branches) == ["main", "two"]
    assert questions(two) == ["q0", "x"]
    with pytest.raises(errors.BranchNotFoundError, match="pruned or undone"):
        one(question="gone")
    with pytest.raises(errors.BranchNotFoundError, match="there are 'main', 'two'"):
        session.prune("one")


# --- undo and redo --------------------------------------------------------------------------------


def test_undo_returns_what_it_removed_newest_first():
    session, _ = chat(3)
    ids = [turn.id for turn in session.turns]
    assert [turn.id for turn in session.undo(2)] == [ids[2], ids[1]]
    assert [turn.id for turn in session.redo()] == [ids[1]]
    assert [turn.id for turn in session.redo(9)] == [ids[2]]
    assert session.redo() == []
    assert [turn.id for turn in session.undo(9)] == ids[::-1]
    assert session.undo() == []
    assert session.pop_turn() is None


def test_a_removed_turn_can_still_be_read():
    session, _ = chat(3)
    turn = session.pop_turn()
    session(question="instead")
    assert (turn.index, turn.inputs) == (2, {"question": "q2"})
    assert len(turn.history_snapshot.messages) == 2


def test_a_new_turn_takes_the_place_of_undone_ones():
    session, _ = chat(3)
    session.undo(2)
    session(question="instead")
    assert session.redo() == []
    assert questions(session) == ["q0", "instead"]


def test_edits_made_meanwhile_show_in_turns_that_come_back():
    session, _ = chat(2)
    session.undo()
    session.edit_turn(0, outputs={"answer": "edited"})
    session.redo()
    assert session.turns[1].stale
    assert session.turns[1].history_snapshot.messages[0]["answer"] == "answer 0"


def test_reset_keeps_the_seed():
    seed = dspy.History(messages=[{"question": "q", "answer": "a"}])
    session, lm = chat(2, initial_history=seed)
    session.reset()
    assert len(session) == 0
    assert session.session_history == seed
    session(question="again")
    assert len(lm.calls[-1].turns) == 2


# --- edits ---------------------------------------------------------------------------------------


def test_an_edit_is_read_by_later_calls_and_keeps_the_original():
    session, lm = chat(2)
    turn = session.edit_turn(0, outputs={"answer": "edited"}, label="corrected", note="why")
    assert (turn.outputs, turn.recorded) == ({"answer": "edited"}, {"answer": "answer 0"})
    assert (turn.label, turn.note, turn.edited, turn.stale) == ("corrected", "why", True, False)
    session(question="q2")
    assert "edited" in lm.calls[-1].turns[1]["content"]
    assert [turn.stale for turn in session.turns] == [False, True, False]
    assert session.turns[1].history_snapshot.messages[0]["answer"] == "answer 0"
    assert session.turns[1].history_now.messages[0]["answer"] == "edited"


@pytest.mark.parametrize(
    "back",
    [
        lambda session: session.revert_turn(0),
        lambda session: session.revert_turn(0, "answer"),
        lambda session: session.edit_turn(0, outputs={"answer": "answer 0"}),
        lambda session: session._conversation.undo(),
    ],
)
def test_an_edit_that_is_taken_back_leaves_nothing_stale(back):
    session, _ = chat(2)
    session.edit_turn(0, outputs={"answer": "edited"})
    back(session)
    assert not session.turns[0].edited
    assert session.turns[0].outputs == {"answer": "answer 0"}
    assert not session.turns[1].stale


def test_an_edit_of_what_a_turn_never_saw_does_not_make_it_stale():
    session, _ = chat(4, max_turns=1)
    session.edit_turn(0, outputs={"answer": "edited"})
    assert [turn.stale for turn in session.turns] == [False, True, False, False]


def test_labels_and_notes_are_cleared_with_none_or_nothing():
    session, _ = chat(1)
    session.edit_turn(0, label="good", note="why", score=1)
    session.edit_turn(0, label=None, note="", score=None)
    turn = session.turns[0]
    assert (turn.label, turn.note, turn.score, turn.scores) == (None, None, None, {})


def test_an_edit_of_a_trimmed_turn_is_refused():
    session, _ = chat(4, max_stored_turns=2)
    with pytest.raises(errors.TurnNotFoundError, match="its turns are 2 to 3"):
        session.edit_turn(0, label="x")
    assert session.edit_turn(-2, label="x").index == 2


# --- re-runs -------------------------------------------------------------------------------------


def test_a_rerun_asks_again_on_a_branch_of_its_own():
    session, lm = chat(3)
    again = session.rerun(1)
    assert (again.name, questions(again)) == ("rerun-1", ["q0", "q1"])
    assert again.turns[1].outputs == {"answer": "answer 3"}
    assert again.turns[1].source == "rerun"
    assert again.turns[1].id != session.turns[1].id
    assert lm.prompts[3] == lm.prompts[1]
    assert len(session) == 3
    assert list(session.branches) == ["main", "rerun-1"]


def test_a_rerun_takes_other_inputs_and_reads_edits():
    session, lm = chat(2)
    session.edit_turn(0, outputs={"answer": "edited"})
    again = session.rerun(1, inputs={"question": "rephrased"}, name="better")
    assert questions(again) == ["q0", "rephrased"]
    assert "edited" in str(lm.prompts[-1])
    assert not again.turns[1].stale


def test_a_rerun_is_a_fresh_rollout():
    session, lm = chat(1)
    session.rerun(0)
    session.rerun(0)
    assert len({id(call) for call in lm.calls}) == 3
    assert lm.calls[1].request.config != lm.calls[0].request.config


def test_a_rerun_sees_the_history_that_the_turn_was_given():
    session, lm = chat(0, history_policy="use_if_provided")
    given = dspy.History(messages=[{"question": "given", "answer": "so"}])
    session(question="q0")
    session(question="q1", history=given)
    session.rerun(1)
    assert lm.prompts[2] == lm.prompts[1]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_a_rerun_that_fails_leaves_no_branch(error):
    class Fails(dspy.Module):
        def forward(self, question):
            if question == "fail":
                raise error
            return question

    session = sessionify(Fails())
    session(question="a")
    with pytest.raises(type(error)):
        session.rerun(0, inputs={"question": "fail"}, name="kept free")
    assert list(session.branches) == ["main"]
    assert session.rerun(0, name="kept free").name == "kept free"


def test_a_rerun_refuses_a_taken_name_before_it_asks():
    session, lm = chat(1)
    with pytest.raises(errors.NameTakenError):
        session.rerun(0, name="main")
    assert len(lm.calls) == 1
