"""Sums of marks: right after any history, and at the cost of what changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.branches import nested, numbered, said

from dspy_session._tree.amend import annotate, give_score
from dspy_session._tree.amendments import Mark, Score
from dspy_session._tree.branch import Branch
from dspy_session.inspector._view import mark_facts
from dspy_session.inspector._view.mark_facts import MarkFacts, Tally, tally
from dspy_session.inspector._view.rows import positions_of


def whole(branch):
    return tally(branch, positions_of(branch))


def test_scores_and_labels_of_turns_count_and_those_of_nested_or_undone_ones_do_not():
    call = nested("inner", {})
    branch = said(Branch(), "q0", "a0", calls=(call,))
    branch = said(branch, "q1", "a1")
    first, second = branch.log
    branch = give_score(branch, first, 0.5, name="hand")
    branch = give_score(branch, call, 0.0, name="inner")
    branch = annotate(give_score(branch, second, 1.0, name="m"), second, label="gold")
    (both,) = MarkFacts().of_all([branch])
    assert (both.mean, both.names, both.labels) == (0.75, {"hand", "m"}, {"gold"})
    (cut,) = MarkFacts().of_all([branch.cut(1)])
    assert (cut.mean, cut.names, cut.labels) == (0.5, {"hand"}, frozenset())
    assert MarkFacts().of_all([Branch()]) == [Tally()]


steps = st.lists(
    st.tuples(
        st.sampled_from(["say", "score", "all", "fork", "cut", "trim", "look", "rescore"]),
        st.integers(0, 40),
        st.sampled_from([0.0, 0.25, 1.0]),
    ),
    max_size=25,
)


@given(steps)
def test_sums_are_what_adding_up_every_turn_gives(steps):
    known, branches = MarkFacts(), [numbered(5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mark_facts, "BLOCK", 3)
        for action, number, value in steps:
            place = number % len(branches)
            branch = branches[place]
            branches[place] = changed(branch, action, number, value)
            if action == "fork":
                branches.append(branch.forked(_length(branch, number), f"f{number}", len(branches)))
            if action == "look":
                assert known.of_all(branches) == [whole(one) for one in branches]
        assert known.of_all(branches) == [whole(one) for one in branches]


def _length(branch, number):
    turns = positions_of(branch)
    return turns.start + number % (len(turns) + 1)


def changed(branch, action, number, value):
    turns = positions_of(branch)
    if action == "say":
        return said(branch, f"q{number}", "a")
    if action == "trim":
        return branch.appended(said(branch, "q", "a").log.last, keep=4)
    if action == "cut":
        return branch.cut(_length(branch, number))
    if action == "score" and turns:
        return give_score(branch, branch.log[turns[number % len(turns)]], value)
    if action in ("all", "rescore"):
        mark = Mark({action: Score(value)}, action)
        return branch.marked_all((record.id, mark) for record in branch.log)
    return branch


@pytest.fixture
def looked_at(monkeypatch):
    """How many turns were added up."""
    spans = []

    def counted(branch, span):
        spans.append(len(span))
        return tally(branch, span)

    monkeypatch.setattr(mark_facts, "tally", counted)
    return lambda: sum(spans)


def scored(turns):
    branch = numbered(turns)
    return branch.marked_all((record.id, Mark({"m": Score(1.0)}, "m")) for record in branch.log)


def test_a_new_turn_or_score_costs_one_block_of_its_branch(looked_at):
    known, branch = MarkFacts(), scored(5_000)
    known.of_all([branch])
    before = looked_at()
    branch = said(branch, "q", "a")
    known.of_all([branch])
    branch = give_score(branch, branch.log[2_500], 0.0)
    known.of_all([branch])
    known.of_all([branch])
    assert looked_at() - before <= 1 + mark_facts.BLOCK


def test_two_hundred_branches_of_a_long_conversation_are_not_added_up_one_by_one(looked_at):
    main = scored(3_000)
    forks = [main.forked(15 * number, f"f{number}", number + 1) for number in range(199)]
    forks = [give_score(said(fork, "q", "a"), main.log[0], 0.5) for fork in forks]
    MarkFacts().of_all([main, *forks])
    # Each fork: the block that it parts in, and the one with the turn that it scored otherwise.
    assert looked_at() <= 3_000 + 199 * 2 * mark_facts.BLOCK
