"""The SDK's sessions over our stores: exact items, turns that can be forked, edited, exported."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import agents
import pytest
from agents import Runner
from agents.memory import SessionSettings
from hypothesis import given, settings
from hypothesis import strategies as st

from dspy_session.errors import ArgumentError, ArgumentTypeError
from dspy_session.integrations.openai_agents import AgentsSession
from dspy_session.stores import (
    MemorySessionStore,
    RedisSessionStore,
    SQLiteSessionStore,
    SQLSessionStore,
)

from .conftest import add, shown


@pytest.fixture
def store(tmp_path):
    with SQLiteSessionStore(tmp_path / "agents.db") as store:
        yield store


@pytest.fixture(params=["memory", "sqlite", "redis", "postgres"])
def any_store(request, tmp_path):
    if request.param == "memory":
        store = MemorySessionStore()
    elif request.param == "sqlite":
        store = SQLiteSessionStore(tmp_path / "agents.db")
    elif request.param == "redis":
        url = request.getfixturevalue("redis_server_url")
        store = RedisSessionStore(url, prefix=request.getfixturevalue("redis_prefix"))
    else:
        store = SQLSessionStore(request.getfixturevalue("postgres_url"))
    yield store
    store.close()


USER = {"role": "user", "content": "Hi"}
ANSWER = {
    "id": "__fake_id__",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello!", "annotations": [], "logprobs": []}],
}
CALL = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}', "id": "f"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "3"}
THINKS = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA=="}
IMAGE = {
    "role": "user",
    "content": [
        {"type": "input_text", "text": "what is it?"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
    ],
}
SYSTEM = {"role": "system", "content": "be brief"}
ITEMS = [SYSTEM, USER, THINKS, CALL, RESULT, ANSWER, IMAGE, USER, ANSWER, RESULT]


async def test_items_come_back_exactly_and_last(any_store):
    session = AgentsSession("s", any_store)
    assert isinstance(session, agents.Session)
    assert await session.get_items() == []
    for item in ITEMS:
        await session.add_items([item])
    assert await session.get_items() == ITEMS
    await AgentsSession("t", any_store).add_items(ITEMS)
    assert await AgentsSession("t", any_store).get_items() == ITEMS
    assert await AgentsSession("s", any_store).get_items() == ITEMS


async def test_items_are_taken_off_one_by_one(any_store):
    session = AgentsSession("s", any_store)
    await session.add_items(ITEMS)
    taken = [await session.pop_item() for _ in range(len(ITEMS) + 1)]
    assert taken == [*reversed(ITEMS), None]
    assert await session.get_items() == []
    await session.add_items([USER])
    assert await AgentsSession("s", any_store).get_items() == [USER]


async def test_clearing_forgets_the_items_and_goes_on(any_store):
    session = AgentsSession("s", any_store)
    await session.add_items(ITEMS)
    await session.clear_session()
    assert await session.get_items() == []
    await session.add_items([USER, ANSWER])
    assert await session.get_items() == [USER, ANSWER]


@given(st.lists(st.sampled_from(ITEMS), max_size=12), st.data())
@settings(max_examples=40)
def test_any_items_in_any_pieces_come_back_exactly(items, data):
    async def work():
        session, model = AgentsSession("s"), []
        rest = list(items)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            await session.add_items(rest[:size])
            model += rest[:size]
            rest = rest[size:]
            for _ in range(data.draw(st.integers(0, 2))):
                assert await session.pop_item() == (model.pop() if model else None)
            assert await session.get_items() == model

    asyncio.run(work())


async def test_a_conversation_goes_on_across_runs_and_objects(model, store):
    agent = agents.Agent(name="Assistant", model=model)
    await Runner.run(agent, "one", session=AgentsSession("alice", store))
    await Runner.run(agent, "other", session=AgentsSession("bob", store))
    result = await Runner.run(agent, "two", session=AgentsSession("alice", store))
    assert result.final_output == "one + two"


async def test_tools_streaming_handoffs_and_guardrails(model, server, store):
    @agents.input_guardrail
    async def polite(context, agent, given):
        return agents.GuardrailFunctionOutput(None, tripwire_triggered="rude" in str(given))

    expert = agents.Agent(name="Expert", model=model)
    desk = agents.Agent(
        name="Desk", model=model, tools=[add], handoffs=[expert], input_guardrails=[polite]
    )
    session = AgentsSession("s", store)
    await Runner.run(desk, "please add", session=session)
    streamed = Runner.run_streamed(desk, "the expert please", session=session)
    async for _ in streamed.stream_events():
        pass
    assert streamed.last_agent is expert
    await Runner.run(desk, "thanks", session=session)
    assert shown(server.requests[-1]["messages"]).startswith(
        "user=please add | calls=add,add | tool=3 | tool=7 | assistant=It is 7. | "
        "user=the expert please | calls=transfer_to_expert | tool="
    )
    turns = session.session.turns
    assert [turn.inputs["user"] for turn in turns] == ["please add", "the expert please", "thanks"]
    assert turns[0].outputs == {"assistant": "It is 7."}
    first, second = turns[0].calls
    assert (first.node, first.inputs, first.outputs) == ("add", {"a": 1, "b": 2}, {"output": "3"})
    assert second.outputs == {"output": "7"}
    with pytest.raises(agents.InputGuardrailTripwireTriggered):
        await Runner.run(desk, "rude words", session=session)
    assert (await session.get_items())[-1] != {"role": "assistant"}


async def test_a_retry_rewinds_what_it_had_added(store):
    session = AgentsSession("s", store)
    await session.add_items([USER, ANSWER])
    await session.add_items([{"role": "user", "content": "locked"}])
    tail = await session.get_items(limit=1)
    assert tail == [{"role": "user", "content": "locked"}]
    assert await session.pop_item() == tail[0]
    assert await session.get_items() == [USER, ANSWER]


async def test_limits_never_split_a_tool_call_from_its_result(model, server, store):
    session = AgentsSession("s", store, session_settings=SessionSettings(limit=2))
    await session.add_items([USER, CALL, RESULT, ANSWER])
    assert await session.get_items() == [ANSWER]
    assert await session.get_items(limit=3) == [CALL, RESULT, ANSWER]
    assert await session.get_items(limit=99) == [USER, CALL, RESULT, ANSWER]
    await Runner.run(agents.Agent(name="A", model=model), "next", session=session)
    assert shown(server.requests[-1]["messages"]) == "assistant=Hello! | user=next"


async def test_runs_at_once_on_one_id_lose_and_reorder_nothing(model, store):
    agent = agents.Agent(name="Assistant", model=model)
    sessions = [AgentsSession("s", store) for _ in range(4)]
    await asyncio.gather(*(Runner.run(agent, f"q{i}", session=sessions[i % 4]) for i in range(12)))
    items = await sessions[0].get_items()
    asked = [item["content"] for item in items if item["role"] == "user"]
    assert sorted(asked) == sorted(f"q{i}" for i in range(12))
    assert len(items) == 24


WRITER = """
import asyncio, sys
from dspy_session.integrations.openai_agents import AgentsSession

async def work():
    session = AgentsSession("s", sys.argv[1])
    for number in range(10):
        await session.add_items([{"role": "user", "content": f"{sys.argv[2]}{number}"}])

asyncio.run(work())
"""


def test_processes_at_once_on_one_id_lose_and_reorder_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/agents.db"
    workers = [subprocess.Popen([sys.executable, "-c", WRITER, url, name]) for name in "abc"]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    said = [item["content"] for item in asyncio.run(AgentsSession("s", url).get_items())]
    assert len(said) == 30
    for name in "abc":
        assert [one for one in said if one[0] == name] == [f"{name}{i}" for i in range(10)]


async def test_two_open_sessions_see_each_others_items(tmp_path):
    url = f"sqlite:///{tmp_path}/agents.db"
    one, other = AgentsSession("s", url), AgentsSession("s", url)  # two stores, two connections
    await one.add_items([USER])
    assert await other.get_items() == [USER]
    await other.add_items([ANSWER])
    await one.add_items([USER])
    assert await other.get_items() == [USER, ANSWER, USER]


async def test_what_is_edited_is_what_the_next_run_is_given(model, server, store):
    session = AgentsSession("s", store)
    agent = agents.Agent(name="Assistant", model=model)
    await Runner.run(agent, "one", session=session)
    session.session.edit_turn(0, outputs={"assistant": "corrected"}, score=1.0)
    await Runner.run(agent, "two", session=AgentsSession("s", store))
    assert shown(server.requests[-1]["messages"]) == "user=one | assistant=corrected | user=two"
    assert session.session.turns[0].score == 1.0
    (chosen,) = session.session.to_preferences()
    assert chosen["chosen"] == [{"role": "assistant", "content": "corrected"}]


async def test_a_fork_goes_its_own_way(model, store):
    session = AgentsSession("s", store)
    agent = agents.Agent(name="Assistant", model=model)
    for text in ("one", "two"):
        await Runner.run(agent, text, session=session)
    other = session.fork(at=1, name="what-if")
    result = await Runner.run(agent, "three", session=other)
    assert result.final_output == "one + three"
    assert len(await session.get_items()) == 4
    again = AgentsSession("s", store, branch="what-if")
    assert await again.get_items() == await other.get_items()


async def test_a_turn_runs_again_with_the_agent(model, store):
    agent = agents.Agent(name="Adder", model=model, tools=[add])
    session = AgentsSession("s", store, agent=agent)
    await Runner.run(agent, "one", session=session)
    await Runner.run(agent, "please add", session=session)
    again = await session.session.arerun(1, name="again")
    assert again.turns[1].outputs == session.session.turns[1].outputs
    assert [call.inputs for call in again.turns[1].calls] == []
    assert again.turns[0] == session.session.turns[0]
    assert await AgentsSession("s", store, branch="again").get_items() == await session.get_items()


async def test_without_an_agent_running_again_says_what_to_do(store):
    session = AgentsSession("s", store)
    await session.add_items([USER, ANSWER])
    with pytest.raises(ArgumentError, match=r"AgentsSession\(…, agent=agent\)"):
        await session.session.arerun(0)
    with pytest.raises(ArgumentTypeError, match="the agent is an agents.Agent, got str"):
        AgentsSession("s", store, agent="Assistant")


async def test_the_inspector_opens_it(model, store):
    session = AgentsSession("s", store)
    await Runner.run(agents.Agent(name="A", model=model, tools=[add]), "add", session=session)
    data, _ = session.inspect()._repr_mimebundle_()
    assert "It is 7." in data["text/html"]


async def test_bad_input_changes_nothing(store):
    session = AgentsSession("s", store)
    await session.add_items([USER])
    for items in ("text", ["text"], [{1: 2}]):
        with pytest.raises(ArgumentTypeError):
            await session.add_items(items)
    await session.add_items([])
    assert await session.get_items() == [USER]
    for name in ("", "a\x00", "x" * 256):
        with pytest.raises(ArgumentError, match="session_id"):
            AgentsSession(name, store)
