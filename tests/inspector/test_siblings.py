"""Turns beside each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.branches import numbered, said

from dspy_session._tree.conversation import Conversation
from dspy_session._tree.log import Log
from dspy_session._tree.parting import parting
from dspy_session.inspector._view.siblings import only, siblings


def brute_force(branch, branches):
    """Position to ids of all turns with the same past."""
    found = {}
    for position in range(branch.log.first, len(branch.log)):
        past = [record.id for record in branch.log.between(0, position)]
        ids = {
            other.log[position].id
            for other in branches
            if position < len(other.log)
            and [record.id for record in other.log.between(0, position)] == past
        }
        if len(ids) > 1:
            found[position] = ids
    return found


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(1, 4)), max_size=8))
def test_siblings_are_all_turns_with_the_same_past(forks):
    conversation = Conversation(numbered(6))
    for which, length, more in forks:
        branches = conversation.branches
        source = branches[which % len(branches)]
        new = conversation.fork(source.key, min(length, len(source.log)), None)
        for number in range(more):
            new = conversation.update(new.key, "say", lambda b, n=number: said(b, f"f{n}", "x"))
    everyone = conversation.branches
    for branch in everyone:
        found = siblings(branch, everyone)
        assert {place: {one["turn_id"] for one in there} for place, there in found.items()} == (
            brute_force(branch, everyone)
        )
        for there in found.values():
            for one in there:
                assert conversation[one["branch"]].position(one["turn_id"]) in found


def test_oldest_sibling_comes_first_and_the_turn_is_one_of_them():
    conversation = Conversation(numbered(3))
    main = conversation.branches[0]
    fork = conversation.fork(main.key, 1, "what-if")
    fork = conversation.update(fork.key, "say", lambda b: said(b, "other", "answer"))
    beside = siblings(conversation[main.key], conversation.branches)
    assert list(beside) == [1]
    assert {one["name"] for one in beside[1]} == {"main", "what-if"}
    assert only(fork, 0)[0]["turn_id"] == main.log[0].id


def test_branches_part_at_the_same_place_after_old_turns_were_forgotten():
    main = numbered(8)
    fork = said(main.forked(5, "fork", 1), "other", "x")
    trimmed = said(main, "q8", "a8")
    for number in range(9, 12):
        record_branch = said(trimmed, f"q{number}", "x")
        trimmed = trimmed.appended(record_branch.log.last, keep=8)
    assert trimmed.log.first > 0
    assert parting(trimmed, fork) == 5
    assert list(siblings(trimmed, [trimmed, fork])) == [5]


def test_forks_of_a_long_conversation_are_placed_by_a_look_each(monkeypatch):
    main = numbered(2_000)
    forks = [said(main.forked(9 * n, f"f{n}", n + 1), "q", "a") for n in range(200)]
    looks = []
    look = Log.__getitem__
    monkeypatch.setattr(Log, "__getitem__", lambda log, n: looks.append(n) or look(log, n))
    assert len(siblings(main, [main, *forks])) == 200
    # Two where a fork parts, and a few to list who stands there; halving took over twenty.
    assert len(looks) < 200 * 9
