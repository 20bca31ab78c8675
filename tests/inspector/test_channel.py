"""The channel: every message is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_session.errors import ArgumentError, ConflictError, TurnNotFoundError
from dspy_session.inspector._channel.channel import NO_NUMBER, reply_to, transportable
from dspy_session.inspector._protocol.messages import REQUESTS
from dspy_session.inspector._widget import HANDLERS

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def never(name, args):
    raise AssertionError("a malformed request was let through")


def reply(message, answer=never):
    return reply_to(message, answer, lambda: 7)


def test_every_request_of_the_protocol_has_a_handler():
    assert HANDLERS.keys() == REQUESTS.keys()


@given(anything)
def test_whatever_is_no_request_is_answered_as_a_bad_one(message):
    answer = reply(message)
    assert answer["error"]["code"] == "bad-request"
    assert answer["error"]["message"]
    assert answer["revision"] == 7


GOOD = {
    "ask": "edit",
    "seq": 4,
    "args": {"branch": "b", "turn_id": "t", "version": 0, "field": "f", "text": "x"},
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ask": "explode"}, "restart the kernel"),
        ({"ask": 3}, "ask"),
        ({"seq": "4"}, "seq"),
        ({"seq": True}, "seq"),
        ({"args": None}, "args"),
        ({"args": [1]}, "args"),
        ({"args": {}}, "branch"),
        ({"args": {**GOOD["args"], "version": "0"}}, "version"),
        ({"args": {**GOOD["args"], "text": 5}}, "text"),
        ({"args": {**GOOD["args"], "call_id": 5}}, "call_id"),
        ({"ask": "rows", "args": {"branch": "b", "start": 0, "stop": 1.5}}, "stop"),
        (
            {
                "ask": "rows",
                "args": {"branch": "b", "start": 0, "stop": 1, "filter": {"sort": "x"}},
            },
            "sort",
        ),
        ({"ask": "export", "args": {"branch": "b", "format": "exe"}}, "format"),
    ],
)
def test_a_malformed_request_is_answered_with_what_is_wrong(change, told):
    answer = reply({**GOOD, **change})
    assert answer["error"]["code"] == "bad-request"
    assert told in answer["error"]["message"]
    assert answer["re"] == (4 if "seq" not in change else NO_NUMBER)


def test_unknown_keys_are_left_out():
    seen = []
    message = {**GOOD, "colour": "red", "args": {**GOOD["args"], "colour": "red"}}
    answer = reply(message, lambda name, args: seen.append((name, args)))
    assert answer == {"re": 4, "revision": 7, "result": None}
    assert seen == [("edit", GOOD["args"])]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TurnNotFoundError("gone"), "not-found"),
        (ConflictError("changed"), "conflict"),
        (ArgumentError("wrong"), "refused"),
    ],
)
def test_the_packages_errors_are_answered_by_their_kind(error, code, caplog):
    def answer(name, args):
        raise error

    assert reply(GOOD, answer)["error"] == {"code": code, "message": str(error)}
    assert caplog.records == []


def test_an_unforeseen_error_is_answered_and_logged(caplog):
    def answer(name, args):
        return {}["missing"]

    assert reply(GOOD, answer)["error"] == {"code": "failed", "message": "KeyError: 'missing'"}
    assert caplog.records[0].exc_info


def test_what_json_cannot_carry_is_replaced():
    value = {"a\ud800": ["\udfff", float("inf"), (1, 2.5)], "b": None}
    assert transportable(value) == {"a\ufffd": ["\ufffd", None, [1, 2.5]], "b": None}
