"""The tree as the page draws it."""

from __future__ import annotations

import dataclasses

from support.branches import numbered, said

from dspy_session._tree.amend import annotate, edit_outputs, give_score
from dspy_session._tree.conversation import Conversation
from dspy_session.inspector._view.tree import ENDS, MOST_DRAWN, tree_view


def forked() -> Conversation:
    """``main`` of four turns, and ``alt``, which parts from it at turn 2."""
    conversation = Conversation(numbered(4))
    alt = conversation.fork(conversation.branches[0].key, 2, "alt")
    conversation.update(alt.key, "say", lambda b: said(b, "other", "answer"))
    return conversation


def drawn(conversation, *, seen_from=0, search=""):
    branches = conversation.branches
    return tree_view(branches, 7, branches[seen_from].key, search)


def test_segments_name_their_parents_and_the_branches_that_end_there():
    conversation = forked()
    main, alt = conversation.branches
    view = drawn(conversation)
    assert (view["revision"], view["turns"], view["found"]) == (7, 5, 0)
    root, shared, rest, other = view["segments"]
    assert (root["parent"], root["turns"], root["heads"]) == (-1, [], [])
    assert (shared["parent"], shared["start"], shared["stop"]) == (0, 0, 2)
    assert (rest["parent"], rest["branch"], rest["heads"]) == (1, main.key, [main.key])
    assert (other["parent"], other["branch"], other["heads"]) == (1, alt.key, [alt.key])
    assert [turn["said"] for turn in rest["turns"]] == ["q2", "q3"]


def test_shared_turns_bear_the_marks_of_the_branch_one_looks_from():
    conversation = forked()
    main, alt = conversation.branches
    conversation.update(main.key, "score", lambda b: give_score(b, b.log[1], 0.25))
    conversation.update(alt.key, "score", lambda b: give_score(b, b.log[1], 1.5))
    assert drawn(conversation)["segments"][1]["turns"][1]["score"] == 0.25
    from_alt = drawn(conversation, seen_from=1)
    assert from_alt["segments"][1]["turns"][1]["score"] == 1.5
    assert (from_alt["low"], from_alt["high"]) == (0.0, 1.5)


def test_turns_that_a_branch_has_forgotten_are_drawn_from_one_that_keeps_them():
    conversation = Conversation(numbered(3))
    main = conversation.branches[0]
    conversation.fork(main.key, 3, "alt")
    record = said(conversation.branches[1], "q3", "a3").log.last
    conversation.update(main.key, "say", lambda b: b.appended(record, keep=3))
    assert conversation.branches[0].log.first == 1
    _, shared, rest = drawn(conversation)["segments"]
    assert [turn["said"] for turn in (*shared["turns"], *rest["turns"])] == ["q0", "q1", "q2", "q3"]


def test_marks_are_drawn():
    conversation = forked()
    main = conversation.branches[0]
    conversation.update(
        main.key, "edit", lambda b: edit_outputs(b, 1, b.log[1], {"answer": "new"}, ())
    )
    conversation.update(main.key, "exclude", lambda b: annotate(b, b.log[0], excluded=True))
    _, shared, rest, _ = drawn(conversation)["segments"]
    assert [turn["excluded"] for turn in shared["turns"]] == [True, False]
    assert [turn["edited"] for turn in shared["turns"]] == [False, True]
    assert [turn["stale"] for turn in rest["turns"]] == [True, True]


def test_searching_finds_turns_of_every_branch():
    view = drawn(forked(), search="OTHER")
    found = [turn["said"] for one in view["segments"] for turn in one["turns"] if turn["found"]]
    assert (view["found"], found) == (1, ["other"])
    assert drawn(forked(), search="  ")["found"] == 0


def test_of_a_long_run_the_ends_are_drawn_and_what_was_found():
    main = numbered(MOST_DRAWN + 1)
    main = dataclasses.replace(main, edits=main.edits)
    conversation = Conversation(main)
    _, run = drawn(conversation, search="q100")["segments"]
    shown = [turn["index"] for turn in run["turns"]]
    assert shown == [*range(ENDS), 100, *range(MOST_DRAWN + 1 - ENDS, MOST_DRAWN + 1)]
    assert (run["start"], run["stop"]) == (0, MOST_DRAWN + 1)
