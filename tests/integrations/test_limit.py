"""The newest items of a conversation, never a tool's result without its call."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dspy_session.integrations.openai_agents._limit import newest


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def call(name: str) -> dict[str, str]:
    return {"type": "function_call", "call_id": name, "name": "f", "arguments": "{}"}


def result(name: str) -> dict[str, str]:
    return {"type": "function_call_output", "call_id": name, "output": "1"}


THINKS = {"type": "reasoning", "id": "r", "summary": []}
TALK = [user("a"), THINKS, call("1"), call("2"), result("1"), result("2"), user("b")]


def test_all_items_without_a_limit_or_below_it():
    assert newest(TALK, None) == TALK
    assert newest(TALK, -1) == TALK
    assert newest(TALK, 99) == TALK
    assert newest(TALK, 0) == []


def test_a_window_never_begins_between_a_call_and_its_result():
    assert newest(TALK, 1) == [user("b")]
    for limit in (2, 3, 4, 5):
        assert newest(TALK, limit) == [user("b")]
    assert newest(TALK, 6) == TALK[1:]


def test_a_result_that_was_never_called_for_is_left_out():
    assert newest([user("a"), result("lost"), user("b")], 2) == [user("b")]


EXCHANGES = st.lists(
    st.sampled_from(
        [
            [user("u")],
            [{"role": "assistant", "content": "a"}],
            [call("x"), result("x")],
            [call("x"), call("y"), result("y"), result("x")],
            [THINKS, call("x"), result("x")],
            [call("x"), {"role": "assistant", "content": "while it runs"}, result("x")],
        ]
    ),
    max_size=12,
)


@given(EXCHANGES, st.integers(0, 40))
def test_any_window_stands_on_its_own(exchanges, limit):
    items = []
    for number, exchange in enumerate(exchanges):
        items += [
            {**item, "call_id": f"{number}{item['call_id']}"} if "call_id" in item else item
            for item in exchange
        ]
    window = newest(items, limit)
    assert len(window) <= limit
    assert window == items[len(items) - len(window) :]
    called = {item["call_id"] for item in window if item.get("type") == "function_call"}
    answered = {i["call_id"] for i in window if i.get("type") == "function_call_output"}
    assert answered == called
    if window and len(window) < len(items):
        assert items[len(items) - len(window) - 1] != THINKS
