"""Agents by name, and the sessions that their configuration gives them."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session import config as functions
from dspy_session.config import AgentFactory, config_from
from dspy_session.errors import ArgumentError, ConfigError, StoreUnavailableError

TEXT = """
agents:
  geo:
    module: support.yaml_agents
    function: create_geo_agent
    default_instructions: You are a geocoding assistant.
  support:
    module: support.yaml_agents
    function: create_plain_agent
    session_memory:
      database_path: data/sessions/nested/path/support.db
  shared:
    module: support.yaml_agents
    function: create_plain_agent
    session_memory: {session_id: everyone, database_path: data/shared.db}
  api_agent:
    module: support.yaml_agents
    function: create_plain_agent
    session_memory: {type: none, enabled: false}
  slow:
    module: support.yaml_agents
    function: create_slow_agent
    model: {name: some/model, temperature: 0.5}
  booking:
    module: support.yaml_agents
    function: create_booking_agent
  broken:
    module: support.yaml_agents
    function: create_broken_agent
  closed:
    module: support.yaml_agents
    function: create_plain_agent
    enabled: false
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


def remembering():
    """Answers with the questions that were sent before."""
    return scripted_lm(
        lambda call: {
            "answer": " + ".join(
                turn["content"].split("\n")[1] for turn in call.turns if turn["role"] == "user"
            )
            or "nothing",
            "reasoning": "r",
        }
    )


async def test_an_agent_comes_with_a_session_that_remembers(factory):
    agent, session = await factory.get_agent_with_session("geo")
    assert isinstance(agent, dspy.Module)
    assert isinstance(session, Session)
    lm = remembering()
    with dspy.context(lm=lm):
        session(question="What's near Times Square?")
        result = await session.acall(question="How far is the nearest subway?")
    assert result.answer == "What's near Times Square?"
    assert "You are a geocoding assistant." in lm.calls[0].system


async def test_nobody_shares_a_session_that_nobody_named(factory):
    _, one = await factory.get_agent_with_session("geo")
    _, other = await factory.get_agent_with_session("geo")
    assert one is not other
    assert one.session_id != other.session_id
    with dspy.context(lm=remembering()):
        one(question="secret")
        assert other(question="hi").answer == "nothing"


async def test_the_same_id_is_the_same_session_object(factory):
    _, one = await factory.get_agent_with_session("geo", session_id="user_1")
    _, again = await factory.get_agent_with_session("geo", session_id="user_1")
    _, other = await factory.get_agent_with_session("geo", session_id="user_2")
    assert one is again
    assert one is not other
    assert one.session_id == "user_1"


async def test_ids_with_separators_of_other_keys_stay_apart(factory):
    _, one = await factory.get_agent_with_session("support", session_id="a:b")
    _, other = await factory.get_agent_with_session("support", session_id="a:b:None")
    assert one is not other


async def test_a_session_without_asking_for_the_agent(factory):
    session = factory.get_session("geo", session_id="user_123")
    assert session is (await factory.get_agent_with_session("geo", session_id="user_123"))[1]


async def test_a_file_is_kept_across_restarts_and_its_folders_are_made(factory, folder):
    _, session = await factory.get_agent_with_session("support", session_id="ticket_12345")
    with dspy.context(lm=remembering()):
        session(question="one")
        factory.clear_session_cache()
        assert (folder / "data/sessions/nested/path/support.db").exists()
        later = AgentFactory(config_from(TEXT))
        _, again = await later.get_agent_with_session("support", session_id="ticket_12345")
        assert again is not session
        assert again(question="two").answer == "one"
        later.clear_session_cache()


async def test_what_is_kept_in_this_process_goes_with_the_cache(factory):
    with dspy.context(lm=remembering()):
        factory.get_session("geo", "a")(question="one")
        factory.clear_session_cache()
        assert factory.get_session("geo", "a")(question="two").answer == "nothing"


async def test_a_configured_id_is_shared_on_purpose(factory):
    _, one = await factory.get_agent_with_session("shared")
    _, other = await factory.get_agent_with_session("shared")
    assert one is other
    assert one.session_id == "everyone"
    _, own = await factory.get_agent_with_session("shared", session_id="mine")
    assert own.session_id == "mine"


async def test_a_stateless_agent_has_no_session(factory):
    agent, session = await factory.get_agent_with_session("api_agent")
    assert session is None
    lm = remembering()
    with dspy.context(lm=lm):
        agent(question="one")
        assert agent(question="two").answer == "nothing"


async def test_instructions_replace_the_configured_ones(factory):
    lm = remembering()
    with dspy.context(lm=lm):
        _, own = await factory.get_agent_with_session("geo", "Speak in rhymes.")
        own(question="one")
        _, none = await factory.get_agent_with_session("geo", use_config_defaults=False)
        none(question="two")
        _, put_in = await factory.get_agent_with_session("support", "Be brief.")
        put_in(question="three")
    assert "Speak in rhymes." in lm.calls[0].system
    assert "geocoding" not in lm.calls[0].system + lm.calls[1].system
    assert "Be brief." in lm.calls[2].system


async def test_functions_get_what_they_name_and_may_be_asynchronous(factory):
    agent = await factory.get_agent("slow")
    assert agent.called_with == ("slow", "some/model")
    assert agent.predict.lm is None


async def test_a_model_that_the_function_does_not_take_is_set(folder):
    text = TEXT + "defaults:\n  model: {name: openai/some-model, max_tokens: 77}\n"
    agent = await AgentFactory(config_from(text)).get_agent("support")
    assert agent.lm.model == "openai/some-model"
    assert agent.lm.kwargs["max_tokens"] == 77


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gio", "no agent 'gio' .* there are: geo, support, shared"),
        ("closed", "not enabled: agent 'closed'"),
        ("broken", "agent 'broken': .*create_broken_agent raised RuntimeError: no key for the map"),
    ],
)
async def test_an_agent_that_cannot_be_had_says_why(factory, name, words):
    with pytest.raises(ConfigError, match=words):
        await factory.get_agent_with_session(name)


@pytest.mark.parametrize(
    ("module", "function", "words"),
    [
        ("no.such.module", "f", "the module 'no.such.module' cannot be imported"),
        (
            "support.yaml_agents",
            "create_geo",
            "no function 'create_geo'; there is create_geo_agent",
        ),
        ("support.yaml_agents", "not_a_function", "no function 'not_a_function'"),
        ("support.yaml_agents", "create_nothing", "returned NoneType; an agent is a dspy.Module"),
    ],
)
async def test_a_function_that_is_none_is_named(folder, module, function, words):
    text = f"agents:\n  a:\n    module: {module}\n    function: {function}\n"
    with pytest.raises(ConfigError, match=words):
        await AgentFactory(config_from(text)).get_agent("a")


async def test_instructions_that_nobody_takes_are_not_dropped(factory):
    with pytest.raises(ConfigError, match="takes no parameter 'instructions', .* 2 predictors"):
        await factory.get_agent("booking", "Be brief.")


async def test_the_cache_is_bounded_and_frees_what_it_drops(folder):
    factory = AgentFactory(config_from(TEXT), max_sessions=2)
    with dspy.context(lm=remembering()):
        factory.get_session("geo", "a")(question="one")
        factory.get_session("support", "b")(question="one")
        for number in range(3):
            factory.get_session("geo", f"more-{number}")
        assert factory.get_session("geo", "a")(question="two").answer == "nothing"
        assert factory.get_session("support", "b")(question="two").answer == "one"
    factory.clear_session_cache()
    with pytest.raises(ArgumentError, match="max_sessions is at least 1"):
        AgentFactory(config_from(TEXT), max_sessions=0)


async def test_an_id_that_cannot_be_kept_is_refused(factory):
    with pytest.raises(ArgumentError, match="session_id"):
        await factory.get_agent_with_session("geo", session_id="a\x00b")


async def test_a_folder_that_cannot_be_made_is_named(factory, folder):
    (folder / "data").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailableError, match=r"the folder 'data/sessions/nested/path'"):
        await factory.get_agent_with_session("support")


async def test_a_session_of_any_store(folder):
    text = TEXT.replace(
        "{session_id: everyone, database_path: data/shared.db}", "{type: 'memory:'}"
    )
    factory = AgentFactory(config_from(text))
    with dspy.context(lm=remembering()):
        factory.get_session("shared", "a")(question="one")
        assert factory.get_session("shared", "a")(question="two").answer == "one"


async def test_many_callers_at_once_get_their_own(factory):
    async def talk(number: int) -> str:
        _, session = await factory.get_agent_with_session("geo", session_id=f"user_{number % 5}")
        with dspy.context(lm=remembering()):
            await session.acall(question=f"u{number % 5}")
            return (await session.acall(question=f"u{number % 5}")).answer

    answers = await asyncio.gather(*(talk(number) for number in range(20)))
    for number, answer in enumerate(answers):
        assert set(answer.split(" + ")) == {f"u{number % 5}"}


async def test_the_functions_use_the_file_in_the_current_folder(folder, monkeypatch):
    monkeypatch.setattr(AgentFactory, "_instance", None)
    with pytest.raises(ConfigError, match=r"config/open_agents\.yaml"):
        await functions.get_agent_with_session("geo")
    (folder / "config").mkdir()
    (folder / "config/open_agents.yaml").write_text(TEXT)
    agent, session = await functions.get_agent_with_session("geo", session_id="a")
    assert isinstance(agent, dspy.Module)
    assert functions.get_session("geo", "a") is session
    assert isinstance(await functions.get_agent("support"), dspy.Module)
    functions.clear_session_cache()
    assert functions.get_session("geo", "a") is not session
    functions.clear_session_cache()


def test_what_would_be_built_is_told(factory):
    built = factory.describe()
    assert built["geo"] == (
        "support.yaml_agents.create_geo_agent(instructions: 'str | None' = None) -> "
        "'dspy.Module'; conversations: in this process"
    )
    assert built["support"].endswith(
        "conversations: sqlite:///data/sessions/nested/path/support.db"
    )
    assert built["shared"].endswith("session 'everyone'")
    assert built["api_agent"].endswith("conversations: not kept")
    assert "closed" not in built
