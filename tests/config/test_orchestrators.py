"""Routers over specialists: one conversation through all of them, and on after a restart."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session.config import AgentFactory, config_from
from dspy_session.errors import ConfigError

TEXT = """
agents:
  geo:
    module: support.yaml_agents
    function: create_plain_agent
    default_instructions: Knows every place.
    session_memory: {type: none, enabled: false}
  thinker:
    module: support.yaml_agents
    function: create_slow_agent
  poet:
    module: support.yaml_agents
    function: create_poet
    default_instructions: Writes poems.
  booking:
    module: support.yaml_agents
    function: create_booking_agent
  dated:
    module: support.yaml_agents
    function: create_dated_agent
orchestrators:
  desk:
    agents: [geo, poet, booking, thinker]
    default_instructions: Send rhymes to the poet.
  elsewhere:
    agents: [geo]
    session_memory: {database_path: data/desk.db, session_id: front}
  wrong:
    agents: [geo, dated]
"""


@pytest.fixture
def factory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    factory = AgentFactory(config_from(TEXT))
    yield factory
    factory.clear_session_cache()


def router(call):
    """Routes by the first word of the question; answers with what it was shown before."""
    before = [turn["content"].split("\n")[1] for turn in call.turns if turn["role"] == "user"]
    words = call.last.split("\n")[1].split()
    return {
        "specialist": words[0],
        "answer": f"after {before}",
        "poem": f"after {before}",
        "mood": "m",
        "plan": "p",
        "confirmation": f"after {before}",
        "reasoning": "r",
    }


async def test_a_conversation_goes_through_several_specialists(factory):
    desk, session = await factory.get_orchestrator("desk", session_id="s")
    assert set(desk.specialists) == {"geo", "poet", "booking", "thinker"}
    lm = scripted_lm(router)
    with dspy.context(lm=lm):
        first = session(question="geo one")
        second = await session.acall(question="poet two")
        third = await session.acall(question="thinker three")
    assert first.toDict() == {"answer": "after []", "specialist": "geo"}
    assert second.answer == "after ['geo one']"
    assert third.answer == "after ['geo one', 'poet two']"
    assert "Send rhymes to the poet." in lm.calls[0].system
    assert "- geo: Knows every place." in lm.calls[0].system
    assert not any("None" in turn["content"] for call in lm.calls for turn in call.turns)


async def test_it_goes_on_after_a_restart_in_a_file_of_its_own(factory, tmp_path):
    _, session = await factory.get_orchestrator("desk", session_id="s")
    with dspy.context(lm=scripted_lm(router)):
        session(question="geo one")
        factory.clear_session_cache()
        assert (tmp_path / "data/sessions/desk.db").exists()
        later = AgentFactory(config_from(TEXT))
        _, again = await later.get_orchestrator("desk", session_id="s")
        assert again(question="poet two").answer == "after ['geo one']"
        assert [turn.outputs["specialist"] for turn in again.turns] == ["geo", "poet"]
        later.clear_session_cache()


async def test_a_specialist_of_several_steps_sees_the_conversation_in_its_own_words(factory):
    _, session = await factory.get_orchestrator("desk", session_id="s")
    lm = scripted_lm(router)
    with dspy.context(lm=lm):
        session(question="geo one")
        session(question="booking two")
    plan = session.turns[1].calls[2]
    assert plan.node == "specialists['booking'].confirm"
    assert plan.history_snapshot.messages == [
        {"wish": "geo one", "confirmation": "after []", "specialist": "geo"}
    ]
    assert "geo one" in lm.calls[-1].turns[0]["content"]
    factory.clear_session_cache()
    _, again = await AgentFactory(config_from(TEXT)).get_orchestrator("desk", session_id="s")
    assert again.turns[1].calls[2].history_snapshot == plan.history_snapshot
    again.edit_turn(0, outputs={"answer": "corrected"})
    assert again.turns[1].calls[2].history_now.messages[0]["confirmation"] == "corrected"


async def test_each_caller_without_an_id_gets_one_of_his_own(factory):
    _, one = await factory.get_orchestrator("desk")
    _, other = await factory.get_orchestrator("desk")
    assert one.session_id != other.session_id


async def test_a_configured_file_and_id_are_used(factory, tmp_path):
    _, session = await factory.get_orchestrator("elsewhere")
    assert session.session_id == "front"
    assert (tmp_path / "data/desk.db").exists()


async def test_memory_switched_off_everywhere_is_kept_all_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = TEXT + "defaults:\n  session_memory: {type: none, enabled: false}\n"
    factory = AgentFactory(config_from(text))
    _, session = await factory.get_orchestrator("desk", session_id="s")
    assert session is not None
    assert (tmp_path / "data/sessions/desk.db").exists()
    factory.clear_session_cache()


async def test_a_specialist_that_does_not_take_one_text_is_named(factory):
    with pytest.raises(ConfigError, match="orchestrator 'wrong': specialist 'dated' takes"):
        await factory.get_orchestrator("wrong")


async def test_an_orchestrator_that_is_not_there_lists_those_that_are(factory):
    with pytest.raises(ConfigError, match="no orchestrator 'geo' .* desk, elsewhere, wrong"):
        await factory.get_orchestrator("geo")
