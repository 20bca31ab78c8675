"""Commands: what they change, and that every one can be undone."""

from __future__ import annotations

import pytest
from support.branches import conversation_of, nested, said

from dspy_session._tree.amend import UNSET
from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import Conversation
from dspy_session.errors import (
    ArgumentError,
    BranchNotFoundError,
    ConflictError,
    FieldNotFoundError,
    NameTakenError,
    TurnNotFoundError,
)
from dspy_session.inspector._changes import commands
from dspy_session.inspector._changes.commands import Target


@pytest.fixture
def conversation() -> Conversation:
    talk = conversation_of(("q0", "a0"), ("q1", "a1"))
    call = nested("plan", {"plan": "p", "steps": 3})
    talk.update(talk.branches[0].key, "say", lambda b: said(b, "q2", "a2", calls=(call,)))
    return talk


def main(conversation) -> Branch:
    return conversation.branches[0]


def at(conversation, index, *, call=False, version=None) -> Target:
    record = main(conversation).log[index]
    call_id = record.calls[0].id if call else None
    return Target(main(conversation).key, record.id, version, call_id)


def branches_of(conversation):
    return {branch.key: branch for branch in conversation.branches}


CHANGES = {
    "edit": lambda c: commands.edit(c, at(c, 1), {"answer": "new"}, ()),
    "edit a call": lambda c: commands.edit(c, at(c, 2, call=True), {"plan": "new"}, ()),
    "typed edit": lambda c: commands.edit_text(c, at(c, 1), "answer", "new", {"answer": str}),
    "typed edit of a call": lambda c: commands.edit_text(c, at(c, 2, call=True), "steps", "4", {}),
    "score": lambda c: commands.score(c, at(c, 0), 0.5, feedback="so-so"),
    "label": lambda c: commands.mark(c, at(c, 0), {"label": "gold"}),
    "exclude": lambda c: commands.mark(c, at(c, 0), {"excluded": True, "note": "wrong"}),
    "fork": lambda c: commands.fork(c, main(c).key, main(c).log[1].id, "alt"),
    "star": lambda c: commands.star(c, main(c).key, starred=True),
    "rename": lambda c: c.rename(main(c).key, "other"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_undone_and_done_again_in_one_step(conversation, name):
    before = branches_of(conversation)
    CHANGES[name](conversation)
    after = branches_of(conversation)
    assert after != before
    conversation.undo()
    assert branches_of(conversation) == before
    conversation.redo()
    assert branches_of(conversation) == after


def test_a_pruned_branch_comes_back_with_undo(conversation):
    fork = commands.fork(conversation, main(conversation).key, None, "alt")
    message, instead = commands.prune(conversation, fork.key)
    assert instead == main(conversation).key
    assert "Undo" in message
    conversation.undo()
    assert conversation[fork.key].name == "alt"


def test_an_edit_can_be_taken_back_by_revert(conversation):
    before = main(conversation)
    commands.edit(conversation, at(conversation, 1), {"answer": "new"}, ())
    told = commands.revert(conversation, at(conversation, 1), ["answer"])
    assert told == "Revert answer of turn 1"
    assert main(conversation).outputs(before.log[1]) == {"answer": "a1"}
    commands.edit(conversation, at(conversation, 1), {"answer": "new"}, ())
    commands.revert(conversation, at(conversation, 1), [])
    assert not main(conversation).edits


def test_another_score_keeps_the_feedback_unless_it_is_given(conversation):
    commands.score(conversation, at(conversation, 0), 0.5, feedback="so-so")
    commands.score(conversation, at(conversation, 0), 0.75, feedback=UNSET)
    kept = main(conversation).mark(main(conversation).log[0]).scores["hand"]
    assert (kept.value, kept.feedback) == (0.75, "so-so")
    commands.score(conversation, at(conversation, 0), 0.75, feedback=None)
    assert main(conversation).mark(main(conversation).log[0]).scores["hand"].feedback is None


def test_a_score_can_be_taken_away(conversation):
    commands.score(conversation, at(conversation, 0), 0.5)
    commands.score(conversation, at(conversation, 0), None)
    assert main(conversation).mark(main(conversation).log[0]).score is None


def test_absent_keys_stay_and_null_clears(conversation):
    commands.mark(conversation, at(conversation, 0), {"label": "gold", "note": "why"})
    commands.mark(conversation, at(conversation, 0), {"label": None})
    mark = main(conversation).mark(main(conversation).log[0])
    assert (mark.label, mark.note) == (None, "why")


def test_a_typed_edit_keeps_the_kind_of_a_nested_value(conversation):
    commands.edit_text(conversation, at(conversation, 2, call=True), "steps", "4", {})
    branch = main(conversation)
    assert branch.outputs(branch.log[2].calls[0])["steps"] == 4


def test_a_declared_output_that_was_not_recorded_can_be_given(conversation):
    commands.edit_text(conversation, at(conversation, 0), "tags", '["x"]', {"tags": list[str]})
    assert main(conversation).outputs(main(conversation).log[0])["tags"] == ["x"]


def test_what_is_so_already_makes_no_step_to_undo(conversation):
    revision, label = conversation.revision, conversation.undo_label
    told = commands.edit(conversation, at(conversation, 1), {"answer": "a1"}, ())
    assert told == "Turn 1 is like that already"
    commands.mark(conversation, at(conversation, 1), {"excluded": False})
    commands.score(conversation, at(conversation, 1), None)
    commands.star(conversation, main(conversation).key, starred=False)
    assert (conversation.revision, conversation.undo_label) == (revision, label)


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda c: commands.edit(c, at(c, 0), {"reply": 1}, ()), FieldNotFoundError, "'answer'"),
        (
            lambda c: commands.edit_text(c, at(c, 0), "answer", "x", {"answer": int}),
            ArgumentError,
            "answer is int",
        ),
        (
            lambda c: commands.edit_text(c, at(c, 2, call=True), "steps", "{", {}),
            ArgumentError,
            "JSON",
        ),
        (lambda c: commands.score(c, at(c, 0), float("nan")), ArgumentError, "finite"),
        (lambda c: commands.score(c, at(c, 0), 1.0, name="n" * 999), ArgumentError, "200"),
        (lambda c: commands.mark(c, at(c, 0), {"label": "n" * 999}), ArgumentError, "200"),
        (lambda c: commands.mark(c, at(c, 0, version=7), {"note": "n"}), ConflictError, "repeat"),
        (
            lambda c: commands.mark(c, Target(main(c).key, "gone"), {"note": "n"}),
            TurnNotFoundError,
            "no turn with id",
        ),
        (lambda c: commands.mark(c, Target("gone", "x"), {}), BranchNotFoundError, "pruned"),
        (lambda c: commands.fork(c, main(c).key, None, "main"), NameTakenError, "already"),
        (lambda c: commands.fork(c, main(c).key, "gone", None), TurnNotFoundError, "no turn"),
        (lambda c: commands.prune(c, main(c).key), ArgumentError, "only branch"),
        (lambda c: commands.star(c, "gone", starred=True), BranchNotFoundError, "pruned"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(conversation, change, error, told):
    before, revision = branches_of(conversation), conversation.revision
    with pytest.raises(error, match=told):
        change(conversation)
    assert branches_of(conversation) == before
    assert conversation.revision == revision


def test_of_two_edits_based_on_one_version_the_second_is_refused(conversation):
    target = at(conversation, 1, version=0)
    commands.edit_text(conversation, target, "answer", "first", {})
    with pytest.raises(ConflictError, match="changed meanwhile"):
        commands.edit_text(conversation, target, "answer", "second", {})
    assert main(conversation).outputs(main(conversation).log[1]) == {"answer": "first"}
