"""Exports to variables and files, and what they would hold."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import dspy
import pandas as pd
import pytest
from support.branches import conversation_of, numbered, said, turn_after
from support.pages import RefusedError
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session._tree.branch import Branch
from dspy_session._tree.record import Window
from dspy_session.errors import ArgumentError, ConflictError
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._exports.preview import _duplicates, _mismatched


@pytest.fixture
def notebook(monkeypatch):
    """The variables of a notebook."""
    names = {"taken": "text"}
    events = SimpleNamespace(trigger=lambda name: None)
    shell = SimpleNamespace(user_ns=names, events=events)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return names


@pytest.fixture
def scored(session):
    """Scores 0, 1, 1 and the last turn excluded."""
    for index, score in enumerate([0.0, 1.0, 1.0]):
        session.edit_turn(index, score=score)
    session.edit_turn(2, excluded=True)
    return session


def questions(examples):
    return [example.question for example in examples]


def test_excluded_turns_stay_out_unless_they_are_asked_for(scored):
    inspector = SessionInspector(scored)
    assert questions(inspector.export("examples")) == ["q0", "q1"]
    assert questions(inspector.export("examples", min_score=0.5)) == ["q1"]
    assert questions(inspector.export("examples", excluded=True)) == ["q2"]
    assert questions(inspector.export("examples", excluded=None)) == ["q0", "q1", "q2"]


def test_a_strict_trajectory_ends_at_the_first_turn_that_does_not_pass(session):
    for index, (score, excluded) in enumerate([(1.0, False), (0.0, True), (1.0, False)]):
        session.edit_turn(index, score=score, excluded=excluded)
    inspector = SessionInspector(session)
    strict = {"min_score": 0.5, "strict_trajectory": True}
    assert questions(inspector.export("examples", **strict)) == ["q0", "q2"]
    session.edit_turn(1, excluded=False)
    assert questions(inspector.export("examples", **strict)) == ["q0"]
    assert inspector.preview_export("examples", **strict)["excluded"] == 2


def test_a_click_sets_a_variable_of_the_notebook(page, notebook):
    made = page.ask("export", branch=page.key, format="examples", filter={"search": "q1"})
    assert made == {"rows": 1, "target": "examples", "message": "1 turn in examples"}
    assert questions(notebook["examples"]) == ["q1"]
    page.ask("export", branch=page.key, format="examples")
    assert len(notebook["examples"]) == 3


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("taken", "there is a variable taken already, a str and no list"),
        ("not a name", "cannot be a variable's name"),
        ("class", "cannot be a variable's name"),
        ("print", "cannot be a variable's name"),
    ],
)
def test_a_variable_that_is_something_else_is_never_replaced(page, notebook, target, told):
    before = dict(notebook)
    with pytest.raises(RefusedError, match=told):
        page.ask("export", branch=page.key, format="examples", target=target)
    assert notebook == before


def test_outside_a_notebook_there_is_no_variable_to_set(page, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    with pytest.raises(RefusedError, match="there is no notebook"):
        page.ask("export", branch=page.key, format="examples")
    with pytest.raises(ArgumentError, match="without a target"):
        page.inspector.export("examples", "mine")


def test_python_gets_the_values_themselves(session, notebook):
    inspector = SessionInspector(session)
    assert len(inspector.export("examples")) == 3
    assert "examples" not in notebook
    assert inspector.export("examples", "mine") is notebook["mine"]


def test_a_dataframe_has_one_row_a_turn(session, notebook):
    pytest.importorskip("dspy_session.export")
    inspector = SessionInspector(session)
    frame = inspector.export("dataframe", "frame", search="q1")
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 1
    assert notebook["frame"] is frame


def test_a_file_is_written_and_may_be_written_again(session, tmp_path):
    pytest.importorskip("dspy_session.export")
    inspector = SessionInspector(session)
    target = tmp_path / "turns.jsonl"
    assert inspector.export("jsonl", target) == target
    assert len(target.read_text(encoding="utf-8").splitlines()) == 3
    inspector.export("jsonl", target, search="q1")
    assert len(target.read_text(encoding="utf-8").splitlines()) == 1


def test_a_file_of_someone_else_is_never_overwritten(session, tmp_path):
    target = tmp_path / "turns.jsonl"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(ConflictError, match="did not write"):
        SessionInspector(session).export("jsonl", target)
    assert target.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("target", ["no/such/folder/x.jsonl", ".", " ", "a\0b"])
def test_a_path_that_cannot_be_written_is_refused(session, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError):
        SessionInspector(session).export("jsonl", target)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_when_nothing_passes(session, tmp_path):
    inspector = SessionInspector(session)
    with pytest.raises(ArgumentError, match="no turn passes"):
        inspector.export("jsonl", tmp_path / "x.jsonl", search="nowhere")
    with pytest.raises(ArgumentError, match="only edits make preference pairs"):
        inspector.export("trl", tmp_path / "x.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_with_those_there_are(session):
    with pytest.raises(ArgumentError, match="'sharegpt'"):
        SessionInspector(session).export("exe")


def test_a_preview_tells_rows_columns_and_the_python_that_does_the_same(session):
    inspector = SessionInspector(session)
    preview = inspector.preview_export("examples", search="q")
    assert (preview["rows"], preview["columns"]) == (3, ["question", "history", "answer"])
    assert preview["sample"][2] == {"question": "q2", "history": "2 messages", "answer": "a2"}
    wanted = inspector.export("examples", search="q")
    scope = {"session": session}
    exec(preview["python"], scope)  # noqa: S102
    assert scope["examples"] == wanted


def test_a_preview_of_preferences_holds_the_edited_turns(session):
    session.edit_turn(1, outputs={"answer": "better"})
    preview = SessionInspector(session).preview_export("trl")
    assert preview["rows"] == 1
    assert preview["sample"][0]["chosen"] == "better"
    assert preview["sample"][0]["rejected"] == "a1"
    chat = SessionInspector(session).preview_export("openai")["sample"][1]
    assert chat == {"history": "1 messages", "user": "q1", "assistant": "better"}


def test_duplicates_have_the_same_inputs_and_the_same_history():
    branch = Branch()
    for question in ("q", "q", "other"):
        turn = turn_after(branch, {"question": question}, {"answer": "a"}, window=Window())
        branch = branch.appended(turn)
    branch = said(branch, "q", "a")
    assert _duplicates(branch, [0, 1, 2, 3]) == 1
    assert _duplicates(numbered(5), range(5)) == 0


def test_turns_with_other_fields_than_the_first_are_counted():
    branch = conversation_of(("q", "a"), ("q", "a")).branches[0]
    branch = branch.appended(turn_after(branch, {"question": "q"}, {"reply": "a"}))
    assert _mismatched(branch, [0, 1, 2]) == 1
    assert _mismatched(branch, []) == 0


def test_a_program_with_several_outputs_is_previewed_in_one_line():
    with dspy.context(lm=scripted_lm({"answer": "a", "tags": ["x"]})):
        session = Session(dspy.Predict("question -> answer, tags: list[str]"))
        session(question="q")
    chat = SessionInspector(session).preview_export("sharegpt")["sample"][0]
    assert chat["assistant"] == 'answer: a; tags: ["x"]'
