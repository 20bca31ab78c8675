"""Configuration files: what they may say, and what is said about their mistakes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dspy_session.config import SessionMemoryConfig, config_from, load_config
from dspy_session.errors import ConfigError

GEO = """\
agents:
  geo:
    display_name: "GeoAgent"
    module: "support.yaml_agents"
    function: "create_geo_agent"
    default_instructions: |
      You are a geocoding assistant...
    model:
      name: "gpt-4.1-mini"
      temperature: 0.7
      max_tokens: 2000
    # Session memory configuration
    session_memory:
      type: "sqlite"
      session_id: null
      database_path: null
      enabled: true
    enabled: true

# Global defaults (applied when not specified per agent)
defaults:
  session_memory:
    type: "sqlite"
    session_id: null
    database_path: null
    enabled: true
"""


def test_a_documented_file_loads_as_it_stands():
    config = config_from(GEO)
    geo = config.agents["geo"]
    assert (geo.module, geo.function) == ("support.yaml_agents", "create_geo_agent")
    assert geo.default_instructions == "You are a geocoding assistant...\n"
    assert geo.model is not None
    assert geo.model.arguments() == {"temperature": 0.7, "max_tokens": 2000}
    assert geo.session_memory == SessionMemoryConfig() == config.defaults.session_memory


AGENT = 'agents:\n  a:\n    module: "m"\n    function: "f"\n'


def memory_of(own: str, defaults: str = "") -> SessionMemoryConfig | None:
    text = AGENT + (f"    session_memory: {own}\n" if own else "")
    return config_from(text + defaults).agents["a"].session_memory


def test_an_agent_overrides_the_defaults_key_by_key():
    defaults = "defaults:\n  session_memory: {database_path: all.db, session_id: everyone}\n"
    assert memory_of("", defaults) is None
    memory = memory_of("{session_id: mine}", defaults)
    assert memory == SessionMemoryConfig(session_id="mine", database_path="all.db")
    memory = memory_of("{type: redis://localhost}", defaults)
    assert memory == SessionMemoryConfig(type="redis://localhost", session_id="everyone")


@pytest.mark.parametrize(
    ("own", "url"),
    [
        ("{}", ""),
        ("{database_path: data/a.db}", "sqlite:///data/a.db"),
        ("{database_path: /data/a.db}", "sqlite:////data/a.db"),
        ("{type: none, enabled: false}", ""),
        ("{type: sqlite, database_path: a.db, enabled: false}", ""),
        ("{type: redis://h/1}", "redis://h/1"),
    ],
)
def test_where_conversations_are_kept(own, url):
    memory = memory_of(own)
    assert memory is not None
    assert memory.store_url == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agents:\n  a:\n    module: m\n", r"x\.yaml:2: agents\.a\.function: is missing"),
        (
            AGENT + "    session_memmory: {}\n",
            r"x\.yaml:5: agents\.a\.session_memmory: .* did you mean 'session_memory'\?",
        ),
        (
            AGENT + "    session_memory:\n      type: mongo\n",
            r"x\.yaml:6: agents\.a\.session_memory\.type: is 'sqlite', 'none' or the URL",
        ),
        (AGENT + "    colour: red\n", r"x\.yaml:5: agents\.a\.colour: no such key; there are"),
        (
            AGENT + "    session_memory: {type: redis://h, database_path: a.db}\n",
            r"x\.yaml:5: agents\.a\.session_memory: database_path belongs to type 'sqlite'",
        ),
        (
            AGENT + '    session_memory: {session_id: ""}\n',
            r"x\.yaml:5: agents\.a\.session_memory\.session_id: session_id has 1 to 255 bytes",
        ),
        (
            AGENT + "    session_memory: {enabled: maybe}\n",
            r"x\.yaml:5: agents\.a\.session_memory\.enabled: .*valid boolean",
        ),
        (
            AGENT + "    model: {name: m, temperature: -1}\n",
            r"x\.yaml:5: agents\.a\.model\.temperature: .*greater than or equal to 0",
        ),
        ("agents:\n  a:\n    module: os; rm\n    function: f\n", r"x\.yaml:3: .* a dotted Python"),
        (AGENT + AGENT[8:], r"x\.yaml:5: agents\.a: stands here twice"),
        ("agents:\n  off: {module: m, function: f}\n", r"x\.yaml:1: agents: .* False; put it in"),
        ("agents: {}\n", r"x\.yaml:1: agents: names no agent"),
        ("- agents\n", r"x\.yaml:1: a mapping with the key 'agents' was wanted"),
        ("", r"x\.yaml:1: a mapping"),
        ("agents:\n  a: [\n", r"x\.yaml:3: not YAML"),
        ("agents: !!python/object/apply:os.system ['true']\n", r"x\.yaml:1: not YAML"),
        (
            AGENT + "orchestrators:\n  desk:\n    agents: [a, b]\n",
            r"x\.yaml:7: orchestrators\.desk\.agents\.1: no agent 'b'; there are a",
        ),
        (
            AGENT + "    enabled: false\norchestrators:\n  desk:\n    agents: [a]\n",
            r"x\.yaml:8: orchestrators\.desk\.agents\.0: agent 'a' is not enabled",
        ),
        (
            AGENT + "orchestrators:\n  a:\n    agents: [a]\n",
            r"x\.yaml:6: orchestrators\.a: an agent has this name already",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(text, words):
    with pytest.raises(ConfigError, match=words):
        config_from(text, "x.yaml")


def test_every_mistake_of_a_file_is_told_at_once():
    text = "agents:\n  a:\n    module: m\n  b:\n    function: f\n    enabled: 7\n"
    with pytest.raises(ConfigError) as caught:
        config_from(text, "x.yaml")
    assert len(str(caught.value).splitlines()) == 3


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*none\.yaml"):
        load_config(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"bytes\.yaml"):
        load_config(tmp_path / "bytes.yaml")


def refusal(text: str) -> str | None:
    """What is said of a text that is refused; any other error is raised."""
    try:
        config_from(text)
    except ConfigError as error:
        return str(error)
    return None


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_our_error(text):
    assert (refusal(text) or "<string>").startswith("<string>")


PARTS = st.sampled_from(
    ["agents", "a", "module", "session_memory", "defaults", "orchestrators", "enabled", "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PARTS, inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_any_structure_is_read_or_refused_with_our_error(data):
    assert (refusal(yaml.safe_dump(data)) or "<string>").startswith("<string>")
