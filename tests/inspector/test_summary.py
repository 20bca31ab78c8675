"""The summary."""

from __future__ import annotations

import json

from support.branches import conversation_of, numbered

from dspy_session._tree.conversation import Conversation
from dspy_session.inspector._protocol.messages import PROTOCOL_VERSION
from dspy_session.inspector._view.fields import ProgramFields
from dspy_session.inspector._view.mark_facts import MarkFacts
from dspy_session.inspector._view.summary import HEAD_ROWS, summarise

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


def test_a_running_call_is_shown_with_its_inputs():
    conversation = conversation_of(("q", "a"))
    key = conversation.branches[0].key
    with conversation.calling(key, {"question": "what now?"}):
        running = summary_of(conversation)["running"]
    assert [(one["branch"], one["index"]) for one in running] == [(key, 1)]
    assert running[0]["inputs"][0]["text"] == "what now?"
    assert summary_of(conversation)["running"] == []
