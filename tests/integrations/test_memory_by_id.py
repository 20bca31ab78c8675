"""Agents that keep conversations by session id: ``memory=`` here, ``session_id=`` on a run."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import agents
import pytest
from agents import trace

from dspy_session.errors import ArgumentError, ArgumentTypeError
from dspy_session.integrations.openai_agents import (
    Agent,
    MemorySession,
    Runner,
    SessionMemory,
    SQLiteSessionMemory,
)

from .conftest import add, shown


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_conversation_goes_on_under_its_id(model, in_folder):
    agent = Agent(name="Assistant", instructions="Reply very concisely.", model=model, memory=True)
    with trace(workflow_name="Conversation", group_id="thread-1"):
        first = await Runner.run(agent, "What city?", session_id="conversation_1")
        second = await Runner.run(agent, "What state?", session_id="conversation_1")
    assert first.final_output == "What city?"
    assert second.final_output == "What city? + What state?"
    assert (in_folder / "agent_sessions.db").exists()


async def test_sessions_do_not_mix_and_an_agent_made_anew_remembers(model, in_folder):
    agent = Agent(name="Assistant", model=model, memory=True)
    await Runner.run(agent, "Hi, I'm Alice", session_id="user_alice")
    await Runner.run(agent, "Hi, I'm Bob", session_id="user_bob")
    again = Agent(name="Assistant", model=model, memory=True)
    result = await Runner.run(again, "What's my name?", session_id="user_alice")
    assert result.final_output == "Hi, I'm Alice + What's my name?"


async def test_a_file_of_ones_own_and_its_management(model, tmp_path):
    memory = SQLiteSessionMemory(db_path=str(tmp_path / "my_conversations.db"))
    agent = Agent(name="Assistant", model=model, memory=memory)
    await Runner.run(agent, "one", session_id="session_1")
    assert await memory.list_sessions() == ["session_1"]
    assert await memory.session_exists("session_1")
    await memory.clear_session("session_1")
    result = await Runner.run(agent, "two", session_id="session_1")
    assert result.final_output == "two"
    await memory.cleanup()


class Remembered(SessionMemory):
    def __init__(self):
        self.kept = {}

    async def load_session(self, session_id):
        return list(self.kept.get(session_id, []))

    async def save_session(self, session_id, conversation_history):
        self.kept[session_id] = list(conversation_history)

    async def append_to_session(self, session_id, new_items):
        self.kept.setdefault(session_id, []).extend(new_items)

    async def clear_session(self, session_id):
        self.kept.pop(session_id, None)

    async def list_sessions(self):
        return list(self.kept)

    async def session_exists(self, session_id):
        return session_id in self.kept


async def test_a_memory_of_ones_own(model):
    memory = Remembered()
    agent = Agent(name="Assistant", model=model, memory=memory)
    await Runner.run(agent, "one", session_id="a")
    assert (await Runner.run(agent, "two", session_id="a")).final_output == "one + two"
    assert [item["role"] for item in memory.kept["a"]] == ["user", "assistant"] * 2


async def test_tool_calls_are_kept_whole_and_sent_again(model, server, tmp_path):
    memory = SQLiteSessionMemory(tmp_path / "tools.db")
    agent = Agent(name="Adder", model=model, tools=[add], memory=memory)
    first = await Runner.run(agent, "please add", session_id="a")
    assert first.final_output == "It is 7."
    await Runner.run(agent, "thanks", session_id="a")
    assert shown(server.requests[-1]["messages"]) == (
        "user=please add | calls=add,add | tool=3 | tool=7 | assistant=It is 7. | user=thanks"
    )
    assert await memory.load_session("a") != []
    await memory.cleanup()


async def test_streamed_runs_and_handoffs_remember(model, tmp_path):
    memory = SQLiteSessionMemory(tmp_path / "handoff.db")
    expert = agents.Agent(name="Expert", model=model)
    desk = Agent(name="Desk", model=model, handoffs=[expert], memory=memory)
    streamed = Runner.run_streamed(desk, "the expert please", session_id="a")
    pieces = [
        event.data.delta
        async for event in streamed.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    assert streamed.last_agent is expert
    assert "".join(pieces) == streamed.final_output
    result = await Runner.run(desk, "again", session_id="a")
    assert "the expert please" in result.final_output
    await memory.cleanup()


SCRIPT = """
import sys, agents
from openai import AsyncOpenAI
from dspy_session.integrations.openai_agents import Agent, Runner, SQLiteSessionMemory

agents.set_tracing_disabled(True)
client = AsyncOpenAI(base_url=sys.argv[1], api_key="none")
model = agents.OpenAIChatCompletionsModel("loopback", client)
agent = Agent(name="A", model=model, memory=SQLiteSessionMemory(sys.argv[2]))
print(Runner.run_sync(agent, sys.argv[3], session_id="a").final_output)
"""


def test_synchronous_runs_in_two_processes_remember(server, tmp_path):
    command = [sys.executable, "-c", SCRIPT, server.url, str(tmp_path / "sync.db")]
    said = [
        subprocess.run([*command, text], capture_output=True, text=True, check=True).stdout.strip()
        for text in ("one", "two")
    ]
    assert said == ["one", "one + two"]


async def test_without_a_memory_nothing_changes(model, in_folder):
    agent = Agent(name="Assistant", model=model)
    assert (await Runner.run(agent, "one", session_id="ignored")).final_output == "one"
    assert (await Runner.run(agent, "two")).final_output == "two"
    result = await Runner.run(agent, "one")
    more = [*result.to_input_list(), {"role": "user", "content": "two"}]
    assert (await Runner.run(agent, more)).final_output == "one + two"
    own = agents.SQLiteSession("mine")
    await Runner.run(agent, "three", session=own)
    assert len(await own.get_items()) == 2
    assert not list(in_folder.iterdir())


async def test_a_memory_without_an_id_is_refused_before_the_model_is_asked(model, server):
    agent = Agent(name="Assistant", model=model, memory=Remembered())
    with pytest.raises(ArgumentError, match=r"'Assistant' .* pass session_id='…'"):
        await Runner.run(agent, "one")
    with pytest.raises(ArgumentError, match=r"pass session_id=…, not session=…"):
        await Runner.run(agent, "one", session_id="a", session=agents.SQLiteSession("a"))
    assert server.requests == []


@pytest.mark.parametrize("memory", ["file.db", 1.5, SQLiteSessionMemory])
def test_a_memory_that_is_none_is_refused(memory):
    with pytest.raises(ArgumentTypeError, match="memory is None, True or a SessionMemory"):
        Agent(name="Assistant", memory=memory)


async def test_a_cloned_agent_shares_the_memory(model):
    memory = Remembered()
    agent = Agent(name="One", model=model, memory=memory)
    await Runner.run(agent, "one", session_id="a")
    result = await Runner.run(agent.clone(name="Two"), "two", session_id="a")
    assert result.final_output == "one + two"


async def test_runs_at_once_on_one_id_lose_nothing(model, tmp_path):
    memory = SQLiteSessionMemory(tmp_path / "busy.db")
    agent = Agent(name="Assistant", model=model, memory=memory)
    await asyncio.gather(*(Runner.run(agent, f"q{i}", session_id="a") for i in range(8)))
    items = await memory.load_session("a")
    asked = [item["content"] for item in items if item["role"] == "user"]
    assert sorted(asked) == [f"q{i}" for i in range(8)]
    assert sum(item["role"] == "assistant" for item in items) == 8
    await memory.cleanup()


async def test_a_guardrail_that_trips_raises_and_the_session_goes_on(model):
    memory = Remembered()

    @agents.input_guardrail
    async def polite(context, agent, given):
        rude = "rude" in str(given)
        return agents.GuardrailFunctionOutput(output_info=None, tripwire_triggered=rude)

    agent = Agent(name="A", model=model, memory=memory, input_guardrails=[polite])
    with pytest.raises(agents.InputGuardrailTripwireTriggered):
        await Runner.run(agent, "rude words", session_id="a")
    await memory.clear_session("a")
    assert (await Runner.run(agent, "fine words", session_id="a")).final_output == "fine words"


async def test_the_session_of_a_memory_follows_the_protocol():
    session = MemorySession("a", Remembered())
    assert isinstance(session, agents.Session)
    await session.add_items([{"role": "user", "content": "one"}, {"role": "user", "content": "2"}])
    assert await session.pop_item() == {"role": "user", "content": "2"}
    assert await session.get_items() == [{"role": "user", "content": "one"}]
    await session.clear_session()
    assert await session.pop_item() is None
