"""``python -m dspy_session check agents.yaml``: what a file of agents would build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def check(folder, *arguments):
    command = [sys.executable, "-m", "dspy_session", "check", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_what_would_be_built_is_printed():
    told = check(EXAMPLES, "agents.yaml")
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["support", "billing", "faq", "front_desk"]
    assert "agents_of_the_example.create_billing_agent" in lines[1]
    assert "conversations: sqlite:///data/sessions/agents.db" in lines[1]
    assert lines[2].endswith("conversations: not kept")
    assert "routes to support, billing" in lines[3]
    assert not (EXAMPLES / "data").exists()


def test_as_json():
    told = check(EXAMPLES, "agents.yaml", "--json")
    agents = [json.loads(line) for line in told.stdout.splitlines()]
    assert agents[0]["agent"] == "support"
    assert "dspy_session.demo.SupportAgent" in agents[0]["built"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agents:\n  a:\n    module: m\n", "bad.yaml:2: agents.a.function: is missing"),
        ("agents:\n  a: {module: nowhere, function: f}\n", "module 'nowhere' cannot be imported"),
        ("agents:\n  a: {module: json, function: lods}\n", "no function 'lods'; there is load"),
    ],
)
def test_a_mistake_is_told_and_is_a_failure(tmp_path, text, words):
    (tmp_path / "bad.yaml").write_text(text)
    told = check(tmp_path, "bad.yaml")
    assert told.returncode == 1
    assert words in told.stderr
    assert "Traceback" not in told.stderr


def test_a_file_that_is_not_there_is_named(tmp_path):
    told = check(tmp_path, "none.yml")
    assert told.returncode == 1
    assert "none.yml" in told.stderr
