"""The tree of branches: each turn once, and every branch a path through it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.branches import numbered, said

from dspy_session._tree.conversation import Conversation
from dspy_session.inspector._view.family import family, through

FORKS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 4)), max_size=8)


def grown(forks) -> Conversation:
    """A conversation whose branches forked at those places and grew by so many turns."""
    conversation = Conversation(numbered(6))
    for which, length, more in forks:
        branches = conversation.branches
        source = branches[which % len(branches)]
        new = conversation.fork(source.key, min(length, len(source.log)), None)
        for number in range(more):
            new = conversation.update(new.key, "say", lambda b, n=number: said(b, f"f{n}", "x"))
    return conversation


def turns_of(segment):
    return [segment.branch.log[one].id for one in range(segment.start, segment.stop)]


@given(FORKS)
def test_every_branch_is_a_path_and_each_turn_is_there_once(forks):
    branches = grown(forks).branches
    root = family(branches)
    segments = [segment for segment, _ in root.walk()]
    for branch in branches:
        path = through(root, branch.key)
        assert path[0] is root
        assert [one for segment in path for one in turns_of(segment)] == [
            record.id for record in branch.log
        ]
        assert branch in path[-1].heads
    ids = [one for segment in segments for one in turns_of(segment)]
    assert len(ids) == len(set(ids))
    assert set(ids) == {record.id for branch in branches for record in branch.log}
    # No more segments than needed: each inner one parts, or is where a branch ends.
    assert all(len(one.children) != 1 or one.heads for one in segments if one is not root)


def test_a_branch_that_forgot_its_oldest_turns_finds_its_place():
    conversation = Conversation(numbered(12))
    main = conversation.branches[0]
    fork = conversation.fork(main.key, 9, "fork")
    fork = conversation.update(fork.key, "say", lambda b: said(b, "other", "x"))
    for number in range(12, 15):
        record = said(conversation[main.key], f"q{number}", "x").log.last
        conversation.update(main.key, "say", lambda b, r=record: b.appended(r, keep=8))
    assert conversation[main.key].log.first > 0
    root = family(conversation.branches)
    shared, kept_on, parted = (segment for segment, _ in root.walk() if segment is not root)
    assert (shared.start, shared.stop) == (0, 9)
    assert {kept_on.stop, parted.stop} == {10, 15}


def test_branches_with_nothing_in_common_grow_from_the_same_root():
    root = family([numbered(2), numbered(3, name="other"), numbered(0, name="empty")])
    assert [branch.name for branch in root.heads] == ["empty"]
    assert sorted(child.stop for child in root.children.values()) == [2, 3]
