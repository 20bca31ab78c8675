"""Exports, read by those they are for: the ``datasets`` loaders, TRL, OpenAI's published rules."""

from __future__ import annotations

import json

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import imports, sessionify

datasets = pytest.importorskip("datasets")

pytestmark = pytest.mark.filterwarnings("default")  # theirs to mend


@pytest.fixture
def session():
    chat = sessionify(dspy.Predict("question -> answer"))
    chat.set_lm(scripted_lm(*({"answer": f'answer {n} "ü"'} for n in range(3))))
    for number in range(3):
        chat(question=f"question {number}?")
    chat.edit_turn(1, outputs={"answer": "corrected"}, score=0.5, note="why")
    return chat


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Writes a session and gives the data set that ``datasets`` makes of it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def load(session, format, suffix=".jsonl"):
        path = tmp_path / f"{format}{suffix}"
        session.export(path, format=format)
        kind = {".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}[suffix]
        files = {"train": str(path)}
        made = datasets.load_dataset(kind, data_files=files, cache_dir=str(tmp_path / "cache"))
        return made["train"]

    return load


def test_datasets_loads_chats_with_their_roles(session, load):
    rows = load(session, "openai")
    assert rows.num_rows == 3
    assert [one["role"] for one in rows[0]["messages"]] == ["system", "user", "assistant"]
    said = load(session, "sharegpt")[0]["conversations"]
    assert [one["from"] for one in said] == ["human", "gpt"] * 3
    assert said[3]["value"] == "corrected"


def test_datasets_loads_preferences(session, load):
    (pair,) = load(session, "trl")
    assert pair["prompt"] == session.to_preferences()[0]["prompt"]
    assert "corrected" in pair["chosen"][0]["content"]
    (row,) = load(session, "openai-preference")
    assert row["preferred_output"] == pair["chosen"]


@pytest.mark.parametrize(("format", "suffix"), [("csv", ".csv"), ("parquet", ".parquet")])
def test_datasets_loads_tables(session, load, format, suffix):
    rows = load(session, format, suffix)
    assert rows["output.answer"] == ['answer 0 "ü"', "corrected", 'answer 2 "ü"']
    assert rows["score"][1] == 0.5


def test_datasets_loads_turns_and_examples(session, load):
    assert [row["turn"] for row in load(session, "jsonl")] == [0, 1, 2]
    rows = load(session, "examples")
    assert rows[1]["fields"]["answer"] == "corrected"


@pytest.mark.parametrize("format", ["openai", "sharegpt", "trl", "openai-preference"])
def test_a_data_set_is_imported_as_the_file_is(session, load, format, tmp_path):
    rows = load(session, format)
    from_file = imports.read(tmp_path / f"{format}.jsonl", format)
    from_rows = imports.read(rows, format)
    assert from_rows.problems == []
    told = [[dict(turn.answer) for turn in one.turns] for one in from_rows]
    assert told == [[dict(turn.answer) for turn in one.turns] for one in from_file]


def test_chats_keep_the_rules_of_openai_fine_tuning(session, tmp_path):
    path = tmp_path / "chat.jsonl"
    session.export(path, format="openai")
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"messages"}
        assert len(row["messages"]) >= 2
        for message in row["messages"]:
            assert set(message) == {"role", "content"}
            assert message["role"] in ("system", "user", "assistant")
            assert isinstance(message["content"], str)
            assert message["content"]
        assert row["messages"][-1]["role"] == "assistant"
        assert "system" not in [one["role"] for one in row["messages"][1:]]


def test_preferences_keep_the_rules_of_openai_fine_tuning(session, tmp_path):
    path = tmp_path / "pairs.jsonl"
    session.export(path, format="openai-preference")
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert set(row["input"]) == {"messages"}
        assert row["input"]["messages"][-1]["role"] == "user"
        for side in ("preferred_output", "non_preferred_output"):
            (message,) = row[side]
            assert message["role"] == "assistant"
            assert isinstance(message["content"], str)
        assert row["preferred_output"] != row["non_preferred_output"]


def test_trl_takes_preferences_and_chats_for_conversations(session, load):
    trl = pytest.importorskip("trl.data_utils", exc_type=ImportError)
    pairs = load(session, "trl")
    assert all(map(trl.is_conversational, pairs))
    unpaired = trl.unpair_preference_dataset(pairs)
    assert unpaired["label"] == [True, False]
    back = imports.read(unpaired, "trl")
    assert [one.turns[-1].scores["label"][0] for one in back] == [1.0, 0.0]
    assert all(map(trl.is_conversational, load(session, "openai")))
    implicit = pairs.map(
        lambda row: {side: row["prompt"] + row[side] for side in ("chosen", "rejected")},
        remove_columns=["prompt"],
    )
    assert trl.extract_prompt(implicit[0])["prompt"] == pairs[0]["prompt"]
