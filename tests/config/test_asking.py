"""A message by name: the answer, the id of the conversation, pieces as they are written."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session.config import AgentFactory, Reply, config_from
from dspy_session.errors import ConfigError

TEXT = """
agents:
  geo: {module: support.yaml_agents, function: create_plain_agent}
  thinker: {module: support.yaml_agents, function: create_slow_agent}
  once:
    module: support.yaml_agents
    function: create_plain_agent
    session_memory: {type: none}
  booking: {module: support.yaml_agents, function: create_booking_agent}
  dated: {module: support.yaml_agents, function: create_two_inputs}
defaults:
  session_memory: {database_path: agents.db}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def factory(folder):
    factory = AgentFactory(config_from(TEXT))
    yield factory
    factory.clear_session_cache()


def count(call):
    before = len(call.turns) // 2
    return {"answer": f"{before} before", "reasoning": "r", "plan": "p", "confirmation": "c"}


async def test_an_answer_comes_with_the_id_to_go_on_with(factory):
    with dspy.context(lm=scripted_lm(count)):
        first = await factory.ask("geo", "one")
        assert first.answer == "0 before"
        assert first.outputs == {"answer": "0 before"}
        second = await factory.ask("geo", "two", first.session_id)
        assert (second.answer, second.session_id) == ("1 before", first.session_id)
        assert (await factory.ask("geo", "three")).answer == "0 before"


async def test_an_agent_without_memory_has_no_id(factory):
    with dspy.context(lm=scripted_lm(count)):
        assert (await factory.ask("once", "one")).session_id is None


async def test_a_program_of_several_predictors_answers_with_its_text(factory):
    with dspy.context(lm=scripted_lm(count)):
        assert (await factory.ask("booking", "a table")).answer == "c"


@pytest.mark.parametrize("name", ["geo", "thinker", "once", "booking"])
async def test_a_streamed_answer_ends_with_the_whole(factory, name):
    with dspy.context(lm=scripted_lm(count)):
        items = [item async for item in factory.stream(name, "one", "s")]
    *pieces, reply = items
    assert isinstance(reply, Reply)
    assert all(isinstance(piece, str) for piece in pieces)
    if pieces:
        assert "".join(pieces) == reply.answer
    if name != "once":
        assert len(factory.get_session(name, "s").turns) == 1


async def test_pieces_come_while_the_model_writes(factory):
    with dspy.context(lm=scripted_lm(count)):
        items = [item async for item in factory.stream("geo", "one", "s")]
    assert len(items) > 1


async def test_another_process_that_was_first_is_seen(factory):
    other = AgentFactory(config_from(TEXT))  # a store of its own, as in another process
    with dspy.context(lm=scripted_lm(count)):
        assert (await factory.ask("geo", "one", "s")).answer == "0 before"
        assert (await other.ask("geo", "two", "s")).answer == "1 before"
        assert (await factory.ask("geo", "three", "s")).answer == "2 before"
    other.clear_session_cache()


async def test_a_message_that_was_overtaken_is_asked_again(factory):
    other = AgentFactory(config_from(TEXT))
    overtaken = []

    def overtaking(call):
        if "slow" in call.last and not overtaken:
            overtaken.append(1)
            with dspy.context(lm=scripted_lm(count)):
                other.get_session("geo", "s")(question="first")
        return count(call)

    with dspy.context(lm=scripted_lm(overtaking)):
        reply = await factory.ask("geo", "slow", "s")
    assert reply.answer == "1 before"
    session = factory.get_session("geo", "s")
    assert [turn.inputs["question"] for turn in session.turns] == ["first", "slow"]
    assert list(session.branches) == ["main"]
    other.clear_session_cache()


async def test_an_agent_of_several_inputs_is_refused_before_the_model_is_asked(factory):
    lm = scripted_lm(count)
    with dspy.context(lm=lm), pytest.raises(ConfigError, match="takes one text"):
        await factory.ask("dated", "today")
    assert lm.calls == []
