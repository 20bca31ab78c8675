"""The summary."""

from __future__ import annotations

import json

from support.branches import conversation_of, nested, numbered, said

from dspy_session._tree.amend import annotate, give_score
from dspy_session._tree.branch import Branch
from dspy_session._tree.conversation import Conversation
from dspy_session.inspector._fields import ProgramFields
from dspy_session.inspector._protocol import PROTOCOL_VERSION
from dspy_session.inspector._summary import HEAD_ROWS, MarkFacts, mark_facts, summarise

FIELDS = ProgramFields({"question": str}, {"answer": str})


def summary_of(conversation, shown=None, facts=None):
    key = shown or conversation.branches[0].key
    program, extras = ("Agent", FIELDS, ["planner"]), (["m"], [], ["reply"])
    return summarise(conversation, program, key, facts or MarkFacts(), extras)


def test_a_summary_tells_versions_branches_fields_and_first_rows():
    conversation = Conversation(numbered(HEAD_ROWS + 10))
    main = conversation.branches[0]
    fork = conversation.fork(main.key, 2, "alt")
    summary = summary_of(conversation, fork.key)
    assert (summary["protocol"], summary["revision"]) == (PROTOCOL_VERSION, 1)
    assert (summary["title"], summary["branch"]) == ("Agent", fork.key)
    assert [one["name"] for one in summary["branches"]] == ["main", "alt"]
    assert summary["branches"][1]["parent"] == main.key
    assert summary["branches"][1]["forked_at"] == 2
    assert [field["name"] for field in summary["inputs"]] == ["question"]
    assert summary["undo"] == "fork 'alt' of 'main'"
    assert summary["redo"] is None
    assert summary["markdown"] == ["reply"]
    assert len(summary["head"]["rows"]) == 2
    assert len(summary_of(conversation)["head"]["rows"]) == HEAD_ROWS
    json.dumps(summary, allow_nan=False)


def test_a_branch_that_is_gone_is_not_the_one_to_show():
    conversation = conversation_of(("q", "a"))
    assert summary_of(conversation, "gone")["branch"] == conversation.branches[0].key


def test_scores_and_labels_of_turns_count_and_those_of_nested_or_undone_ones_do_not():
    call = nested("inner", {})
    branch = said(Branch(), "q0", "a0", calls=(call,))
    branch = said(branch, "q1", "a1")
    first, second = branch.log
    branch = give_score(branch, first, 0.5, name="hand")
    branch = give_score(branch, call, 0.0, name="inner")
    branch = annotate(give_score(branch, second, 1.0, name="m"), second, label="gold")
    assert mark_facts(branch) == (0.75, ["hand", "m"], ["gold"])
    assert mark_facts(branch.cut(1)) == (0.5, ["hand"], [])
    assert mark_facts(Branch()) == (None, [], [])


def test_sums_are_kept_until_marks_or_turns_change():
    facts, branch = MarkFacts(), numbered(2)
    branch = give_score(branch, branch.log[0], 1.0)
    first = facts.of(branch)
    assert facts.of(branch) is first
    assert facts.of(give_score(branch, branch.log[1], 0.0))[0] == 0.5
    assert facts.of(said(branch, "q", "a"))[0] == 1.0


def test_a_running_call_is_shown_with_its_inputs():
    conversation = conversation_of(("q", "a"))
    key = conversation.branches[0].key
    with conversation.calling(key, {"question": "what now?"}):
        running = summary_of(conversation)["running"]
    assert [(one["branch"], one["index"]) for one in running] == [(key, 1)]
    assert running[0]["inputs"][0]["text"] == "what now?"
    assert summary_of(conversation)["running"] == []
