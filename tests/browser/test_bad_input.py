"""What cannot be taken is refused in words, and nothing is lost or changed."""

from __future__ import annotations

import pytest
from browser.scenes import CHAT, IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

TYPED = recorded(
    "question -> answer: list[str], mood: Literal['glad', 'sad'], sure: bool, times: int",
    "[({'question': f'q{n}'}, {'answer': ['a', 'b'], 'mood': 'glad', 'sure': True, 'times': n})"
    " for n in range(3)]",
)


def test_json_that_is_none_is_refused_and_the_text_kept(lab, notebook):
    nb = notebook(TYPED, "chat", "print(chat.turns[0].outputs['answer'], chat.turns[1].outputs)")
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    view.cell(0, "answer").dblclick()
    editor = view.editor(0, "answer")
    for wrong in ('["a", ', '{"a": 1}', "[1, {}]"):
        editor.fill(wrong)
        editor.press("Control+Enter")
        expect(view.region.get_by_role("alert")).to_be_visible()
        expect(editor).to_have_value(wrong)
        expect(editor).to_have_attribute("aria-invalid", "true")
        expect(editor).to_be_focused()
    editor.fill('["c"]')
    editor.press("Control+Enter")
    expect(editor).to_have_count(0)
    expect(view.cell(0, "answer")).to_contain_text("c")

    # A number that is none; a choice can only be chosen.
    view.cell(1, "times").dblclick()
    view.editor(1, "times").fill("often")
    view.editor(1, "times").press("Enter")
    expect(view.region.get_by_role("alert")).to_be_visible()
    view.editor(1, "times").fill("7")
    view.editor(1, "times").press("Enter")
    expect(view.cell(1, "times")).to_contain_text("7")
    view.cell(1, "mood").dblclick()
    choice = view.region.get_by_role("combobox", name="Edit mood of turn 1")
    expect(choice.get_by_role("option")).to_have_text(["glad", "sad"])
    choice.select_option("sad")
    view.button("Save").click()
    expect(choice).to_have_count(0)
    nb.run_cell(2)
    assert (
        nb.text(2).strip()
        == "['c'] {'answer': ['a', 'b'], 'mood': 'sad', 'sure': True, 'times': 7}"
    )
    assert lab.errors() == []


def test_an_edit_of_five_megabytes_is_refused_and_its_text_kept(view):
    view.cell(0, "reply").dblclick()
    editor = view.editor(0, "reply")
    editor.evaluate(
        "el => { el.value = 'spam '.repeat(1_000_000);"
        " el.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    editor.press("Control+Enter")
    expect(view.region.get_by_role("alert")).to_contain_text("1,000,000")
    assert editor.evaluate("el => el.value.length") == 5_000_000
    editor.press("Escape")
    expect(view.cell(0, "reply")).not_to_contain_text("spam")


def test_a_score_that_is_no_number_is_refused(view):
    view.cell(0, "score").dblclick()
    editor = view.editor(0, "score")
    for wrong in ("high", "1e999"):
        editor.fill(wrong)
        editor.press("Enter")
        expect(view.region.get_by_role("alert")).to_be_visible()
        expect(editor).to_have_value(wrong)
    editor.press("Escape")
    expect(view.cell(0, "score")).to_contain_text("—")


def test_a_program_that_fails_is_shown_and_leaves_no_turn(lab, notebook):
    broken = """\
def fails(*args, **kwargs):
    raise RuntimeError("the model is <b>away</b>")
chat.module.forward = fails"""
    nb = notebook(CHAT, "chat", broken, "len(chat)")
    nb.run_all()
    view = View(nb.inspector(1))
    view.send("Are you there?")
    expect(view.status).to_contain_text("the model is <b>away</b>")
    expect(view.status).to_contain_text("⚠")
    expect(view.textbox("question")).to_have_value("Are you there?")
    view.expect_turns(5)
    view.expand(0).get_by_role("button", name="Re-run").click()
    expect(view.status).to_contain_text("the model is <b>away</b>")
    expect(view.branch.get_by_role("option")).to_have_count(1)
    nb.run_cell(3)
    assert nb.text(3).split()[-1] == "5"
    assert lab.errors() == []


def test_a_metric_that_fails_says_so_and_keeps_what_was_scored(lab, notebook):
    metrics = """\
def picky(example, prediction, trace=None):
    if "spam" in example.question:
        raise ValueError("I do not read spam")
    return 0.5
def wordy(example, prediction, trace=None):
    return "very good"
inspector = chat.inspect(metrics=[picky, wordy])
inspector"""
    nb = notebook(
        CHAT.replace("SupportAgent()", "SupportAgent(), on_metric_error='raise'"), metrics
    )
    nb.run_all()
    view = View(nb.inspector(1))
    view.button("Rescore").click()
    expect(view.status).to_contain_text("I do not read spam")
    expect(view.cell(0, "score")).to_contain_text("0.50")
    expect(view.cell(3, "score")).to_contain_text("—")
    view.region.get_by_role("combobox", name="Metric").select_option("wordy")
    view.button("Rescore").click()
    expect(view.status).to_contain_text("wordy")
    expect(view.status).to_contain_text("⚠")
    expect(view.cell(0, "score")).to_contain_text("0.50")
    view.button("Dismiss").click()
    expect(view.status).to_be_empty()
    assert lab.errors() == []


def test_a_metric_that_fails_where_failures_count_zero_says_why_in_the_turn(lab, notebook):
    picky = """\
def picky(example, prediction, trace=None):
    assert "spam" not in example.question, "I do not read spam"
    return 0.5
inspector = chat.inspect(metrics=[picky])
inspector"""
    nb = notebook(CHAT, picky)
    nb.run_all()
    view = View(nb.inspector(1))
    view.button("Rescore").click()
    expect(view.cell(3, "score")).to_contain_text("0.00")
    expect(view.expand(3)).to_contain_text("I do not read spam")
    assert lab.errors() == []


def test_a_long_rescore_shows_how_far_it_is_and_stops(lab, notebook):
    slow = """\
from pathlib import Path
def patient(example, prediction, trace=None):
    Path("scored").write_text(example.question)
    while not Path("next").exists():
        pass
    Path("next").unlink()
    return 1.0
inspector = chat.inspect(metrics=[patient])
inspector"""
    nb = notebook(CHAT, slow)
    nb.run_all()
    view = View(nb.inspector(1))
    view.button("Rescore").click()
    progress = view.region.get_by_role("progressbar")
    expect(progress).to_be_visible()
    (lab.root / "next").touch()
    expect(view.region).to_contain_text("1/5")
    expect(view.button("Rescore")).to_be_disabled()
    expect(view.expand(4)).to_be_visible()  # the rest goes on
    view.button("Stop").click()
    (lab.root / "next").touch()
    expect(view.status).to_contain_text("Stopped: 2 of 5")
    expect(progress).to_have_count(0)
    expect(view.cell(0, "score")).to_contain_text("1.00")
    expect(view.cell(4, "score")).to_contain_text("—")
    assert lab.errors() == []


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("dspy.Example list", "not a name", "variable"),
        ("dspy.Example list", "dspy", "variable"),
        ("JSONL", "no/such/folder/turns.jsonl", "folder"),
        ("OpenAI preference", "pairs.jsonl", ""),
    ],
)
def test_an_export_that_cannot_be_made_says_why(view, kind, target, said):
    panel = view.open_panel("Export")
    panel.get_by_role("combobox", name="Format").select_option(label=kind)
    panel.get_by_role("textbox").fill(target)
    button = panel.get_by_role("button", name="Export rows")
    if not said:  # nothing was edited: there is no pair
        expect(panel).to_contain_text("0 rows")
        expect(button).to_be_disabled()
        return
    button.click()
    expect(panel).to_contain_text("⚠")
    expect(panel).to_contain_text(said)
