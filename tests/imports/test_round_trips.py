"""What exports write, imports read: the same turns, or said plainly what is lost."""

from __future__ import annotations

import json

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import imports, sessionify

PROGRAM = "question -> answer"


def plain_session(answers=("one", 'two "quoted"', "=1+1", "ünïcode ☃\nline")):
    """Turns that no adapter wrote: their export is the text alone."""
    session = sessionify(dspy.Predict(PROGRAM))
    for number, answer in enumerate(answers):
        session.add_turn({"question": f"question {number}?"}, {"answer": answer})
    return session


def turns_of(session):
    return [
        (t.inputs, t.outputs, t.recorded, t.scores, t.feedback, t.label, t.note)
        for t in session.turns
    ]


def again(path, name=None):
    imported = imports.read(path, name)
    assert imported.problems == []
    return imported


def amended(session):
    session.edit_turn(1, outputs={"answer": "TWO"}, label="corrected", note="a\nnote", score=0.25)
    session.score(lambda example, prediction: 0.5, name="half")
    return session


@pytest.mark.parametrize("name", ["turns.jsonl", "turns.csv", "turns.parquet"])
def test_files_of_turns_bring_back_turns_edits_scores_and_marks(name, tmp_path):
    session = amended(plain_session())
    session.export(tmp_path / name)
    (chat,) = again(tmp_path / name)
    back = chat.session(dspy.Predict(PROGRAM))
    assert turns_of(back) == turns_of(session)
    assert [t.score for t in back.turns] == [t.score for t in session.turns]
    assert [t.created_at for t in back.turns] == [t.created_at for t in session.turns]


def test_values_that_are_no_text_come_back_from_lines_of_turns(tmp_path):
    session = sessionify(dspy.Predict("items: list[str], pair: tuple -> answer"))
    session.add_turn({"items": ["a", "b"], "pair": (1, None)}, {"answer": "x"})
    session.export(tmp_path / "turns.jsonl")
    (chat,) = again(tmp_path / "turns.jsonl")
    assert chat.turns[0].inputs == {"items": ["a", "b"], "pair": (1, None)}


def test_damaged_lines_of_turns_are_named(tmp_path):
    path = tmp_path / "turns.jsonl"
    plain_session().export(path)
    first, second, *rest = path.read_text(encoding="utf-8").splitlines()
    broken = json.dumps({**json.loads(second), "outputs": {"$type": "nobody.Knows"}})
    path.write_text("\n".join([first, broken, "{}", *rest]), encoding="utf-8")
    imported = imports.read(path)
    assert [one.where for one in imported.problems] == ["line 2", "line 3"]
    assert len(imported[0].turns) == 3


def test_sharegpt_comes_back(tmp_path):
    session = plain_session()
    path = tmp_path / "chat.jsonl"
    session.export(path, format="sharegpt")
    (chat,) = again(path)
    assert turns_of(chat.session(dspy.Predict(PROGRAM))) == turns_of(session)


def test_openai_lines_hold_a_turn_each_and_the_last_tells_all(tmp_path):
    session = plain_session()
    path = tmp_path / "chat.jsonl"
    session.export(path, format="openai")
    assert [len(one.turns) for one in again(path)] == [1, 2, 3, 4]
    (chat,) = again(path).without_beginnings()
    assert turns_of(chat.session(dspy.Predict(PROGRAM))) == turns_of(session)


@pytest.mark.parametrize("name", ["openai-preference", "trl"])
def test_preferences_come_back(name, tmp_path):
    session = amended(plain_session())
    path = tmp_path / "pairs.jsonl"
    session.export(path, format=name)
    (chat,) = again(path)
    back = chat.session(dspy.Predict(PROGRAM))
    assert back.to_preferences() == session.to_preferences()
    assert (back.turns[1].recorded, back.turns[1].outputs) == (
        session.turns[1].recorded,
        session.turns[1].outputs,
    )


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(), dspy.JSONAdapter()])
def test_prompts_that_an_adapter_wrote_come_back_as_the_messages_they_were(adapter, tmp_path):
    session = sessionify(dspy.Predict(PROGRAM))
    session.set_lm(scripted_lm({"answer": "one"}, {"answer": "two"}))
    with dspy.context(adapter=adapter):
        session(question="first?")
        session(question="second?")
    path = tmp_path / "chat.jsonl"
    session.export(path, format="openai")
    rows = [json.loads(line)["messages"] for line in path.read_text("utf-8").splitlines()]
    assert [list(one.messages) for one in again(path)] == rows
