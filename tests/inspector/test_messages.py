"""Histories and prompts by window."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.branches import numbered, request, said, turn_after

from dspy_session._tree.branch import Branch
from dspy_session._tree.record import Window
from dspy_session.errors import TurnNotFoundError
from dspy_session.inspector._view.messages import (
    ANSWER_CHARS,
    history_length,
    history_window,
    prompt_window,
)


def shown(branch, index, start=0, stop=100, *, now=False):
    return history_window(branch, branch.log[index], index, range(start, stop), now=now)


def as_dicts(part):
    return [
        {field["name"]: field["value"]["text"] for field in message["fields"]}
        for message in part["messages"]
    ]


@given(
    turns=st.integers(0, 6),
    seeds=st.integers(0, 3),
    start=st.integers(-2, 12),
    size=st.integers(0, 12),
    edited=st.sets(st.integers(0, 5)),
    now=st.booleans(),
)
def test_a_window_is_that_part_of_the_history(turns, seeds, start, size, edited, now):
    branch = Branch(seed=tuple({"question": f"s{number}"} for number in range(seeds)))
    for number in range(turns):
        branch = said(branch, f"q{number}", f"a{number}")
    branch = said(branch, "last", "answer")
    for number in edited & set(range(turns)):
        branch = branch.edited(branch.log[number].id, {"answer": "new"})
    record = branch.log.last
    whole = branch.messages_now(record, turns) if now else branch.messages_seen(record, turns)
    part = shown(branch, turns, start, start + size, now=now)
    assert part["total"] == len(whole) == history_length(branch, record, turns)
    assert as_dicts(part) == whole[part["start"] : max(0, start + size)]


def test_messages_that_read_differently_now_are_marked_with_their_diff():
    branch = numbered(3)
    branch = branch.edited(branch.log[0].id, {"answer": "better"})
    seen, now = shown(branch, 2), shown(branch, 2, now=True)
    assert [message["changed"] for message in seen["messages"]] == [False, False]
    assert [message["changed"] for message in now["messages"]] == [True, False]
    answer = now["messages"][0]["fields"][1]
    assert answer["original"] == {"text": "a0", "length": 2}
    assert answer["diff"] == [("removed", "a0"), ("added", "better")]


def test_titles_say_where_a_message_comes_from():
    branch = said(Branch(seed=({"question": "before"},)), "q", "a")
    branch = said(branch, "q", "a")
    assert [one["title"] for one in shown(branch, 1)["messages"]] == ["seed 0", "turn 0"]
    given = turn_after(branch, {}, {}, window=Window(given=({"question": "mine"},)))
    branch = branch.appended(given)
    assert [one["title"] for one in shown(branch, 2)["messages"]] == ["given 0"]


def test_turns_that_were_forgotten_but_seen_are_still_shown():
    branch = numbered(3)
    record = said(branch, "q3", "a3").log.last
    branch = branch.appended(record, keep=1)
    part = shown(branch, 3)
    assert [one["title"] for one in part["messages"]] == ["turn 0", "turn 1", "turn 2"]


def test_a_prompt_is_shown_as_it_was_sent():
    requests = (request("first"), request("one", "two", "three"))
    part = prompt_window(requests, 1, range(1, 99))
    assert (part["total"], part["start"]) == (3, 1)
    assert [message["title"] for message in part["messages"]] == ["user", "user"]
    assert as_dicts(part) == [{"content": "two"}, {"content": "three"}]


def test_a_prompt_with_pictures_and_tools_is_readable():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 400}}
    message = {"role": "user", "content": [{"type": "text", "text": "see"}, picture]}
    asked = dataclasses.replace(request(), prompt=request().prompt.append(message))
    text = as_dicts(prompt_window((asked,), 0, range(9)))[0]["content"]
    assert "<image/png, 300 B>" in text
    assert '"see"' in text


@pytest.mark.parametrize("which", [-1, 2])
def test_a_request_that_was_not_made_is_refused(which):
    with pytest.raises(TurnNotFoundError, match="made 2, counted from 0"):
        prompt_window((request("a"), request("b")), which, range(9))


def test_an_answer_of_long_messages_ends_when_it_is_full_and_the_rest_can_be_asked_for():
    branch = Branch()
    for number in range(6):
        branch = said(branch, f"{number} " + "x" * 1_000_000, "y" * 1_000_000)
    part = shown(branch, 5)
    assert (part["total"], len(part["messages"])) == (5, 1)
    assert len(str(part)) < 2 * ANSWER_CHARS
    rest = shown(branch, 5, 1)
    assert rest["messages"][0]["title"] == "turn 1"
