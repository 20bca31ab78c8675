"""Agents of the SDK from a YAML file, alone and as specialists, over real HTTP."""

from __future__ import annotations

import sys
import types

import agents
import dspy
import pytest
from agents import Runner
from support.scripted import scripted_lm

from dspy_session.config import AgentFactory, Reply, config_from
from dspy_session.integrations.openai_agents import AgentsSession

from .conftest import add, shown

TEXT = """
agents:
  adder:
    module: made_here
    function: create_adder
    default_instructions: You add numbers.
    session_memory: {database_path: data/adder.db}
  program:
    module: made_here
    function: create_program
    session_memory: {database_path: data/program.db}
  once:
    module: made_here
    function: create_adder
    session_memory: {type: none}
  named:
    module: made_here
    function: create_plain
    model: {name: some-model, temperature: 0.25}
orchestrators:
  desk:
    agents: [adder, program]
"""


@pytest.fixture
def factory(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("made_here")

    def create_adder(instructions=None):
        return agents.Agent(name="Adder", model=model, tools=[add], instructions=instructions)

    module.create_adder = create_adder
    module.create_plain = lambda: agents.Agent(name="Plain")
    module.create_program = lambda: dspy.Predict("question -> answer")
    monkeypatch.setitem(sys.modules, "made_here", module)
    factory = AgentFactory(config_from(TEXT))
    yield factory
    factory.clear_session_cache()


async def test_an_agent_comes_with_a_session_of_the_sdk(factory, server):
    agent, session = await factory.get_agent_with_session("adder", session_id="user_1")
    assert isinstance(session, AgentsSession)
    await Runner.run(agent, input="please add", session=session)
    factory.clear_session_cache()
    agent, again = await factory.get_agent_with_session("adder", session_id="user_1")
    assert again is not session
    await Runner.run(agent, input="thanks", session=again)
    assert server.requests[0]["messages"][0]["content"] == "You add numbers."
    assert shown(server.requests[-1]["messages"]).startswith("user=please add | calls=add,add")


async def test_the_same_id_is_the_same_session_and_none_is_shared_by_chance(factory):
    _, one = await factory.get_agent_with_session("adder", session_id="a")
    _, again = await factory.get_agent_with_session("adder", "Other words.", session_id="a")
    _, other = await factory.get_agent_with_session("adder")
    assert one is again
    assert other.session_id not in (one.session_id, "adder")


async def test_messages_by_name(factory):
    first = await factory.ask("adder", "one")
    second = await factory.ask("adder", "two", first.session_id)
    assert second.answer == "one + two"
    *pieces, reply = [item async for item in factory.stream("adder", "three", first.session_id)]
    assert isinstance(reply, Reply)
    assert "".join(pieces) == reply.answer == "one + two + three"
    assert (await factory.ask("once", "alone")) == Reply("alone", None, {"answer": "alone"})


async def test_a_model_is_put_into_the_agent(factory):
    agent = await factory.get_agent("named")
    assert agent.model == "some-model"
    assert agent.model_settings.temperature == 0.25


async def test_a_conversation_goes_through_an_agent_and_a_program(factory, server):
    _, session = await factory.get_orchestrator("desk", session_id="s")
    lm = scripted_lm(
        lambda call: {
            "specialist": "adder" if "number" in call.last else "program",
            "answer": f"seen {len(call.turns) // 2}",
        }
    )
    with dspy.context(lm=lm):
        assert (await session.acall(question="Hello")).answer == "seen 0"
        assert (await session.acall(question="a number")).answer == "Hello + a number"
        assert (await session.acall(question="And now?")).answer == "seen 2"
    assert shown(server.requests[0]["messages"]) == (
        "user=Hello | assistant=seen 0 | user=a number"
    )
    assert [turn.outputs["specialist"] for turn in session.turns] == ["program", "adder", "program"]
