"""The expanded turn."""

from __future__ import annotations

import dataclasses

import pytest
from support.branches import branch_of, nested, numbered, request, said

from dspy_session._tree.amend import edit_outputs, give_score
from dspy_session._tree.branch import Branch
from dspy_session._tree.log import Log
from dspy_session._tree.record import Node
from dspy_session.errors import FieldNotFoundError, TurnNotFoundError
from dspy_session.inspector._view.detail import call_in, text_range, turn_detail


def test_an_edited_field_shows_both_versions_and_their_diff():
    branch = branch_of(("q", "Check the email folder"))
    edit = {"answer": "Check the spam folder", "source": "hand"}
    branch = edit_outputs(branch, 0, branch.log[0], edit, {"source"})
    answer, source = turn_detail(branch, 0)["outputs"]
    assert answer["value"]["text"] == "Check the spam folder"
    assert answer["original"] == {"text": "Check the email folder", "length": 22}
    assert ("removed", "email") in answer["diff"]
    assert source["original"] == {"text": "", "length": 0}


def test_the_score_that_counts_comes_first():
    branch = numbered(1)
    record = branch.log[0]
    for name, value in (("a", 0.1), ("b", 0.2), ("a", 0.3)):
        branch = give_score(branch, record, value, name=name)
    assert [(s["name"], s["value"]) for s in turn_detail(branch, 0)["scores"]] == [
        ("a", 0.3),
        ("b", 0.2),
    ]


def test_usage_adds_up_over_nested_calls():
    inner = nested("inner", {}, requests=(request("x", prompt_tokens=5, cost=0.5, cached=True),))
    asked = (request("y", model="other/model", prompt_tokens=7, completion_tokens=1),)
    branch = said(Branch(), "q", "a", calls=(inner,), requests=asked)
    usage = turn_detail(branch, 0)["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["cost"]) == (12, 1, 0.5)
    assert usage["model"] == "other/model, some/model"
    assert usage["cached"] is False
    assert usage["created_at"] == "2026-01-01T00:00:00+00:00"


def test_a_turn_without_requests_cost_nothing_that_is_known():
    usage = turn_detail(numbered(1), 0)["usage"]
    assert (usage["model"], usage["prompt_tokens"], usage["cost"]) == (None, None, None)
    assert usage["cached"] is False


def test_nested_calls_show_their_own_history_memory_and_scores():
    earlier = nested("plan", {"plan": "p0"})
    ledger = Log([earlier])
    call = nested("plan", {"plan": "p1"})
    call = dataclasses.replace(call, window=dataclasses.replace(call.window, start=0, stop=1))
    before = {"plan": Node(ledger, memory="likes tea")}
    after = {"plan": Node(ledger.append(call))}
    branch = said(Branch(), "q", "a", calls=(call,), before=before, after=after)
    branch = give_score(branch, call, 0.5)
    detail = turn_detail(branch, 0)["calls"][0]
    assert (detail["node"], detail["history_turns"], detail["memory"]) == ("plan", 1, "likes tea")
    assert (detail["scores"][0]["value"], detail["version"]) == (0.5, 1)
    assert detail["outputs"][0]["value"]["text"] == "p1"


def test_a_call_of_a_node_without_a_ledger_is_shown_too():
    branch = said(Branch(), "q", "a", calls=(nested("lost", {"x": "y"}),))
    assert turn_detail(branch, 0)["calls"][0]["history_turns"] == 0


def test_a_turn_says_which_turns_made_it_stale_and_how_to_open_it():
    branch = numbered(4)
    for position in (0, 2):
        branch = branch.edited(branch.log[position].id, {"answer": "new"})
    detail = turn_detail(branch, 3)
    assert detail["stale_because"] == [0, 2]
    assert detail["python"] == "session.branches['main'].turns[3]"
    assert detail["parameters"] == {}


def test_the_python_of_a_turn_counts_the_turns_that_are_kept():
    branch = numbered(3)
    branch = branch.appended(said(branch, "q", "a").log.last, keep=2)
    assert turn_detail(branch, 3)["python"] == "session.branches['main'].turns[1]"


def test_a_turn_that_was_not_a_call_says_so():
    branch = said(Branch(), "q", "a", source="add_turn")
    assert turn_detail(branch, 0)["parameters"] == {"source": "add_turn"}


def test_a_range_of_a_long_value_is_read_from_the_version_asked_for():
    branch = branch_of(("q", "x" * 1000))
    branch = edit_outputs(branch, 0, branch.log[0], {"answer": "y" * 2000}, ())
    record = branch.log[0]
    value = text_range(branch, record, ("outputs", "answer"), "value", range(1990, 5000))
    original = text_range(branch, record, ("outputs", "answer"), "original", range(990, 5000))
    assert value == {"text": "y" * 10, "length": 2000}
    assert original == {"text": "x" * 10, "length": 1000}
    with pytest.raises(FieldNotFoundError, match="'answer'"):
        text_range(branch, record, ("outputs", "reply"), "value", range(9))


def test_a_call_that_is_not_there_is_refused():
    record = numbered(1).log[0]
    assert call_in(record, None, 0) is record
    with pytest.raises(TurnNotFoundError, match="no nested call"):
        call_in(record, "nope", 0)
