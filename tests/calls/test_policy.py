"""Settings, and the window that they make of the past."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_session import errors
from dspy_session._calls.policy import Settings, field_names
from dspy_session._calls.window import given_window, plan_window
from dspy_session._state import added_record
from dspy_session._tree.branch import Branch
from dspy_session._tree.window import window_messages


def branch_of(turns, seed=(), keep=None):
    branch = Branch(seed=tuple(seed))
    for number in range(turns):
        inputs = {"question": number, "context": "long"}
        window = plan_window(branch, Settings(), lambda: None)
        branch = branch.appended(
            added_record(branch, inputs, {"answer": -number}, window), keep=keep
        )
    return branch


def seen(branch, **settings):
    window = plan_window(branch, Settings(**settings), lambda: None)
    return window_messages(window, branch.log, window.edits)


@given(
    turns=st.integers(0, 6),
    seed=st.integers(0, 3),
    max_turns=st.none() | st.integers(0, 9),
    keep=st.none() | st.integers(1, 4),
)
def test_the_window_is_the_newest_messages(turns, seed, max_turns, keep):
    seed_messages = [{"question": f"seed {n}", "answer": ""} for n in range(seed)]
    branch = branch_of(turns, seed_messages, keep)
    kept = range(turns if keep is None else max(0, turns - keep), turns) if keep else range(turns)
    plain = seed_messages + [{"question": n, "context": "long", "answer": -n} for n in kept]
    expected = plain if max_turns is None else plain[max(0, len(plain) - max_turns) :]
    assert seen(branch, max_turns=max_turns) == expected


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["question", "context", "answer"]),
        ({"exclude_fields": frozenset({"context"})}, ["question", "answer"]),
        ({"exclude_fields": frozenset({"answer"})}, ["question", "context"]),
        ({"history_input_fields": frozenset({"question"})}, ["question", "answer"]),
        ({"history_input_fields": frozenset()}, ["answer"]),
        ({"history_field": "context"}, ["question", "answer"]),
    ],
)
def test_fields_pass_or_stay_out(settings, fields):
    (message,) = seen(branch_of(1), **settings)
    assert list(message) == fields


def test_the_allow_list_does_not_name_the_inputs_of_nested_nodes():
    fields = Settings(history_input_fields=frozenset({"question"})).fields
    assert fields.message({"query": 1}, {"found": 2}) == {"found": 2}
    assert fields.outputs_only().message({"query": 1}, {"found": 2}) == {"query": 1, "found": 2}


def test_a_given_history_is_copied():
    messages = [{"question": ["q"]}]
    window = given_window(messages, Settings())
    messages[0]["question"].append("spoilt")
    assert window.given == ({"question": ["q"]},)


def test_what_stored_turns_saw_stays_readable_after_trimming():
    branch = branch_of(10, keep=3)
    assert [record.inputs["question"] for record in branch.log] == [7, 8, 9]
    for index in range(7, 10):
        messages = branch.messages_seen(branch.log[index], index)
        assert [m["question"] for m in messages] == [index - 3, index - 2, index - 1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({"a", "b"}, {"a", "b"}),
        (["a", "a"], {"a"}),
        ((), frozenset()),
        ({"a": 1}, {"a"}),
    ],
)
def test_field_names_come_in_any_collection(value, expected):
    assert field_names("exclude_fields", value) == expected


@pytest.mark.parametrize("value", ["context", b"context", 3, [1], [None]])
def test_what_are_no_field_names_is_refused(value):
    with pytest.raises(errors.ArgumentTypeError, match="exclude_fields"):
        field_names("exclude_fields", value)


def test_messages_name_the_setting_and_its_choices():
    with pytest.raises(errors.ArgumentError, match="'override', 'use_if_provided', 'replace_se"):
        Settings(history_policy="replace")
    with pytest.raises(errors.ArgumentError, match="max_turns is at least 0, got -1"):
        Settings(max_turns=-1)
    with pytest.raises(errors.ArgumentError, match="max_stored_turns is at least 1, got 0"):
        Settings(max_stored_turns=0)
    with pytest.raises(errors.ArgumentError, match="contradict each other about a"):
        Settings(exclude_fields=frozenset("ab"), history_input_fields=frozenset("ac"))
