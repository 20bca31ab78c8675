"""Turns as training data and tables, read back by those who would read them."""

from __future__ import annotations

import csv
import datetime
import io
import json
import sys

import dspy
import pandas as pd
import pytest
from support.scripted import scripted_lm

from dspy_session import export, sessionify
from dspy_session._files.tagged_json import decode
from dspy_session.errors import ArgumentError, EncodeError, MissingExtraError, TurnNotFoundError

ADAPTERS = [dspy.ChatAdapter(), dspy.JSONAdapter(), dspy.XMLAdapter()]
FIXED = ["branch", "turn", "turn_id", "score", "label", "note", "stale", "excluded"]
FIXED += ["history_turns", "created_at", "model", "prompt_tokens", "completion_tokens"]
FIXED += ["cost", "latency_s"]


def chat(*answers, program="question -> answer"):
    session = sessionify(dspy.Predict(program))
    session.set_lm(scripted_lm(*({"answer": answer} for answer in answers)))
    for number in range(len(answers)):
        session(question=f"question {number}?")
    return session


def lines(session, tmp_path, name):
    path = tmp_path / "out.jsonl"
    indices = [turn.index for turn in session.turns]
    export.write(path, session, indices, name)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- tables --------------------------------------------------------------------------------------


def test_an_empty_session_gives_an_empty_frame_with_the_fixed_columns():
    frame = export.dataframe([sessionify(dspy.Predict("question -> answer"))._branch])
    assert list(frame.columns) == FIXED
    assert len(frame) == 0


def test_a_frame_holds_one_row_a_turn_with_the_columns_in_order():
    session = chat("one", "two", "three")
    session.edit_turn(1, outputs={"answer": "TWO"}, label="corrected", note="shouted")
    session.score(lambda example, prediction, trace=None: 0.5, name="half")
    frame = export.dataframe([session._branch])
    expected = [*FIXED[:3], "input.question", "output.answer", "recorded.answer", "score"]
    assert list(frame.columns) == [*expected, "score.half", *FIXED[4:]]
    assert list(frame["output.answer"]) == ["one", "TWO", "three"]
    assert list(frame["recorded.answer"]) == [None, "two", None]
    assert list(frame["turn"]) == list(frame["history_turns"]) == [0, 1, 2]
    assert list(frame["stale"]) == [False, False, True]
    assert list(frame["label"]) == [None, "corrected", None]
    assert list(frame["score.half"]) == [0.5] * 3
    assert list(frame["prompt_tokens"]) == [10] * 3
    assert frame["created_at"].dt.tz is datetime.timezone.utc or str(frame["created_at"].dt.tz)


def test_values_in_a_frame_keep_their_types():
    session = sessionify(dspy.Predict("question -> answer"))
    values = [[1, 2], [3, 4], {"a": 1}, None, 3, dspy.Image(url="https://example.org/a.png")]
    for value in values:
        session.add_turn(inputs={"question": value}, outputs={"answer": "a"})
    frame = export.dataframe([session._branch])
    assert list(frame["input.question"]) == values
    assert frame["cost"].isna().all()
    assert frame["model"].isna().all()


def test_a_frame_can_hold_several_branches_or_chosen_turns():
    session = chat("one", "two")
    session.fork(at=1, name="other")
    frame = export.dataframe(session._conversation.branches)
    assert list(frame["branch"]) == ["main", "main", "other"]
    chosen = export.dataframe([session._branch], [1])
    assert list(chosen["turn"]) == [1]
    with pytest.raises(TurnNotFoundError):
        export.dataframe([session._branch], [7])


# --- lines ---------------------------------------------------------------------------------------


def test_jsonl_holds_what_was_recorded_and_what_was_added(tmp_path):
    session = chat("one", "two", "three")
    session.add_turn(inputs={"question": {1, 2}}, outputs={"answer": datetime.date(2026, 1, 1)})
    session.edit_turn(0, outputs={"answer": "ONE"})
    first, second, third, last = lines(session, tmp_path, None)
    assert first["outputs"] == {"answer": "ONE"}
    assert first["recorded"] == {"answer": "one"}
    assert "recorded" not in second
    assert "history_ids" not in first
    assert third["history_ids"] == [first["turn_id"], second["turn_id"]]
    assert third["stale"]
    assert decode(last["inputs"], {}) == {"question": {1, 2}}
    assert decode(last["outputs"], {}) == {"answer": datetime.date(2026, 1, 1)}


def test_examples_can_be_made_again_from_their_lines(tmp_path):
    session = chat("one", "two")
    line = lines(session, tmp_path, "examples")[1]
    assert line["input_keys"] == ["question", "history"]
    assert line["fields"] == {
        "question": "question 1?",
        "answer": "two",
        "history": {"messages": [{"question": "question 0?", "answer": "one"}]},
    }
    example = dspy.Example(**line["fields"]).with_inputs(*line["input_keys"])
    assert example.answer == session.to_examples()[1].answer


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)
def test_openai_lines_hold_the_prompt_as_it_was_sent_and_the_answer_as_edited(adapter, tmp_path):
    answer = 'She said "no".\nThen — nothing.'
    with dspy.context(adapter=adapter):
        session = chat("one", answer, "three")
        session.edit_turn(1, outputs={"answer": 'She said "yes".'})
        rows = lines(session, tmp_path, "openai")
        for turn, row in zip(session.turns, rows, strict=True):
            assert row["messages"][:-1] == turn.prompt
        assert rows[0]["messages"][-1]["content"] == session.turns[0].requests[0].answers[0]
        signature = dspy.Signature("question -> answer")
        edited = adapter.parse(signature, rows[1]["messages"][-1]["content"])
        assert edited["answer"] == 'She said "yes".'
        recorded = adapter.parse(signature, rows[0]["messages"][-1]["content"])
        assert recorded == {"answer": "one"}


def test_a_program_of_steps_is_told_by_the_request_that_gave_its_answer(tmp_path):
    session = sessionify(dspy.ChainOfThought("question -> answer"))
    session.set_lm(scripted_lm({"reasoning": "because", "answer": "one"}))
    session(question="q")
    (row,) = lines(session, tmp_path, "openai")
    assert "because" in row["messages"][-1]["content"]


def test_turns_without_a_fitting_request_are_told_by_their_fields(tmp_path):
    class Shout(dspy.Module):
        def __init__(self):
            super().__init__()
            self.step = dspy.Predict("question -> answer")

        def forward(self, question, tone):
            return dspy.Prediction(reply=self.step(question=question).answer.upper(), tone=tone)

    session = sessionify(Shout())
    session.set_lm(scripted_lm({"answer": "hush"}))
    session(question="q", tone="calm")
    session.add_turn(inputs={"question": "again"}, outputs={"reply": "NO"})
    first, second = lines(session, tmp_path, "openai")
    assert first["messages"] == [
        {"role": "user", "content": "question: q\ntone: calm"},
        {"role": "assistant", "content": "reply: HUSH\ntone: calm"},
    ]
    assert second["messages"][-2:] == [
        {"role": "user", "content": "again"},
        {"role": "assistant", "content": "NO"},
    ]


def test_preferences_are_the_edited_turns_with_both_answers(tmp_path):
    session = chat("one", "two", "three")
    session.edit_turn(1, outputs={"answer": "TWO"})
    (pair,) = lines(session, tmp_path, "trl")
    assert pair["prompt"] == session.turns[1].prompt
    assert "two" in pair["rejected"][0]["content"]
    assert pair["chosen"][0]["content"] == pair["rejected"][0]["content"].replace("two", "TWO")
    assert export.preferences(session._branch, [0, 1, 2]) == [pair]
    (row,) = lines(session, tmp_path, "openai-preference")
    assert row == {
        "input": {"messages": pair["prompt"]},
        "preferred_output": pair["chosen"],
        "non_preferred_output": pair["rejected"],
    }


def test_sharegpt_is_one_line_a_conversation(tmp_path):
    session = chat("one", "two")
    (row,) = lines(session, tmp_path, "sharegpt")
    assert [said["from"] for said in row["conversations"]] == [
        "system",
        *["human", "gpt"] * 2,
    ]
    session.edit_turn(0, outputs={"answer": "ONE"})
    (row,) = lines(session, tmp_path, "sharegpt")
    assert row["conversations"] == [
        {"from": "human", "value": "question 0?"},
        {"from": "gpt", "value": "ONE"},
        {"from": "human", "value": "question 1?"},
        {"from": "gpt", "value": "two"},
    ]
    assert lines(sessionify(dspy.Predict("question -> answer")), tmp_path, "sharegpt") == []


def test_text_that_no_json_reader_takes_is_an_error_by_name(tmp_path):
    session = sessionify(dspy.Predict("question -> answer"))
    session.add_turn(inputs={"question": "half \ud83d"}, outputs={"answer": "a"})
    with pytest.raises(EncodeError, match="format='jsonl' can write it"):
        lines(session, tmp_path, "openai")
    assert not list(tmp_path.iterdir())
    (line,) = lines(session, tmp_path, "jsonl")
    assert decode(line["inputs"], {}) == {"question": "half \ud83d"}


# --- files ---------------------------------------------------------------------------------------


def test_cells_that_a_spreadsheet_would_run_are_text(tmp_path):
    bad = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"]
    good = ["a=1", "1", "", "'quoted'", 'with "quotes", commas\nand lines']
    session = sessionify(dspy.Predict("question -> answer"))
    for text in bad + good:
        session.add_turn(inputs={"question": text}, outputs={"answer": -1.5})
    session.add_turn(inputs={"question": ["=1"]}, outputs={"answer": float("nan")})
    path = tmp_path / "turns.CSV"
    export.write(path, session, range(len(bad + good) + 1))
    content = path.read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [row["input.question"] for row in rows] == [
        *(f"'{text}" for text in bad),
        *good,
        '["=1"]',
    ]
    assert {row["output.answer"] for row in rows} == {"-1.5", ""}
    assert pd.read_csv(path).shape == (len(rows), len(rows[0]))


def test_parquet_keeps_simple_columns_and_writes_others_as_json(tmp_path):
    session = sessionify(dspy.Predict("question, count -> answer"))
    for number in range(3):
        inputs = {"question": f"q{number}", "count": number}
        session.add_turn(inputs=inputs, outputs={"answer": [number, {1}]})
    path = tmp_path / "turns.parquet"
    export.write(path, session, [0, 1, 2])
    frame = pd.read_parquet(path)
    assert list(frame["input.question"]) == ["q0", "q1", "q2"]
    assert list(frame["input.count"]) == [0, 1, 2]
    assert decode(json.loads(frame["output.answer"][2]), {}) == [2, {1}]
    assert list(frame.columns) == list(export.dataframe([session._branch]).columns)


def test_without_pyarrow_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dspy-session\[parquet\]'"):
        export.write(tmp_path / "turns.parquet", chat("one"), [0])


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("out.json", None, r"the suffix '\.json' names no format"),
        ("out", None, "the suffix '' names no format"),
        ("out.csv", "excel", "there is no format 'excel'; the formats are 'jsonl', 'examples'"),
    ],
)
def test_an_unknown_format_is_refused_and_nothing_is_written(tmp_path, name, format, message):
    with pytest.raises(ArgumentError, match=message):
        export.write(tmp_path / name, chat("one"), [0], format)
    assert not list(tmp_path.iterdir())


def test_a_session_exports_what_is_not_excluded(tmp_path):
    session = chat("one", "two")
    session.edit_turn(0, excluded=True)
    session.export(tmp_path / "out.jsonl")
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["turn"] == 1


@pytest.mark.parametrize("name", export.FORMATS)
def test_an_empty_session_can_be_exported_in_every_format(tmp_path, name):
    export.write(tmp_path / "out", sessionify(dspy.Predict("question -> answer")), [], name)
    assert (tmp_path / "out").is_file()


def test_a_page_of_the_whole_conversation_is_an_export_too(tmp_path):
    session = sessionify(dspy.Predict("question -> answer"))
    session.add_turn({"question": "q0"}, {"answer": "a0"})
    for path, kind in ((tmp_path / "chat.html", None), (tmp_path / "chat.txt", "html")):
        assert session.export(path, format=kind) == path
        assert session.export(path, format=kind).read_text("utf-8").startswith("<!doctype html>")
