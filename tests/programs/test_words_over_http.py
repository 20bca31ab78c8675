"""Words that come over HTTP, through LiteLLM and through DSPy's own engine, cost what they cost."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from support.loopback import LoopbackServer, Status, ToolCalls
from support.scripted import ENGINES, in_form
from support.versions import REQUESTS_REFUSED
from support.watched import ANSWER, ask, both, flat, watched

from dspy_session import sessionify

REFUSED = [True] * REQUESTS_REFUSED
"""That the requests of a call that is refused were streams."""

needs_engines = pytest.mark.skipif(not ENGINES, reason="before 3.4, DSPy had no engines")


@pytest.fixture
def server():
    def respond(messages):
        return in_form(messages[-1]["content"], {"answer": ANSWER})

    with LoopbackServer(respond) as serving:
        yield serving


def model(server, **settings):
    if ENGINES:
        settings = {"engine": "litellm", **settings}
    return dspy.LM("openai/gpt-4o-mini", api_base=server.url, api_key="-", cache=False, **settings)


@both
def test_through_litellm_tokens_and_cost_are_those_of_a_plain_request(awaited, server):
    with dspy.context(lm=model(server)):
        plain = sessionify(flat())
        ask(plain, awaited=awaited)
        session, seen = watched(flat())
        ask(session, awaited=awaited)
    one, other = plain.turns[0], session.turns[0]
    assert len(seen) > 3
    assert [bool(request.get("stream")) for request in server.requests] == [False, True]
    assert server.requests[0]["messages"] == server.requests[1]["messages"]
    assert other.outputs == one.outputs == {"answer": ANSWER}
    assert other.prompt_tokens == one.prompt_tokens > 0
    assert other.completion_tokens == one.completion_tokens > 0
    assert other.cost == one.cost > 0
    assert (other.model, other.requests[0].cached) == (one.model, False)


@both
def test_through_litellm_several_completions_do_not_stream(awaited, server):
    with dspy.context(lm=model(server)):
        session, seen = watched(dspy.Predict("question -> answer", n=2))
        ask(session, awaited=awaited)
    assert not any(request.get("stream") for request in server.requests)
    assert seen == []


@both
def test_a_provider_that_refuses_streams_is_asked_plainly(awaited, server):
    plainly = server.responder
    server.responder = lambda messages: (
        Status(400, "streams are not served here")
        if server.requests[-1].get("stream")
        else plainly(messages)
    )
    with dspy.context(lm=model(server, num_retries=0)):
        session, _ = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
        assert ask(session, awaited=awaited).answer == ANSWER
    streamed = [bool(one.get("stream")) for one in server.requests]
    assert streamed == [*REFUSED, False, False]


@both
def test_a_connection_that_breaks_in_the_middle_is_asked_again(awaited, server):
    server.breaks_after = 4
    with dspy.context(lm=model(server, num_retries=0)):
        session, seen = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
    streamed = [bool(one.get("stream")) for one in server.requests]
    assert streamed == [*REFUSED, False]
    assert session.turns[0].completion_tokens > 5
    assert len(seen) > 0


@needs_engines
@both
def test_through_the_native_engine_too(awaited, server):
    with dspy.context(lm=model(server, engine="auto")):
        session, seen = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
    assert server.requests[0]["stream"]
    assert len(seen) > 3
    assert session.turns[0].completion_tokens > 5
    assert session.turns[0].cost > 0


@both
def test_calls_of_tools_survive_the_stream(awaited):
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    program = dspy.Predict("question, tools: list[dspy.Tool] -> calls: dspy.ToolCalls")
    with LoopbackServer(lambda _: ToolCalls((("add", {"a": 1, "b": 2}),))) as server:
        adapter = dspy.ChatAdapter(use_native_function_calling=True)
        with dspy.context(lm=model(server), adapter=adapter):
            session, _ = watched(program)
            inputs = {"question": "1+2?", "tools": [dspy.Tool(add)]}
            answer = asyncio.run(session.acall(**inputs)) if awaited else session(**inputs)
    assert server.requests[0]["stream"]
    [call] = answer.calls.tool_calls
    assert (call.name, call.args) == ("add", {"a": 1, "b": 2})
