"""The main journey, by hand: read, correct, branch, score, export."""

from __future__ import annotations

import json
import re

from browser.scenes import CHAT, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import expect

CORRECTION = "Please check your spam folder for a mail from help@tidepool.example, Mia."


def test_a_turn_is_read_in_full(view):
    view.expect_turns(5)
    expect(view.cell(1, "question")).to_contain_text("I tried resetting my password.")
    detail = view.expand(2)
    expect(detail).to_contain_text("The reset mail never arrived.")
    expect(detail).to_contain_text(re.compile(r"\d+ tokens .* demo/tidepool"))

    detail.get_by_role("tab", name="History as seen (2)").click()
    seen = detail.get_by_role("tabpanel")
    expect(seen).to_contain_text("turn 1")
    expect(seen).to_contain_text("I can't log in.")
    detail.get_by_role("tab", name="History as it is now (2)").click()
    expect(detail.get_by_role("tabpanel")).to_contain_text("I tried resetting")

    detail.get_by_role("button", name="respond").click()
    expect(detail.get_by_role("button", name="respond")).to_have_attribute("aria-expanded", "true")
    detail.get_by_role("tab", name="Prompt sent").last.click()
    prompt = detail.get_by_role("tabpanel").last
    expect(prompt).to_contain_text("system")
    expect(prompt).to_contain_text("Answer a customer of Tidepool")

    view.button("Collapse turn 2").click()
    expect(detail).to_have_count(0)


def test_a_reply_is_corrected_where_it_stands(view):
    expect(view.region.get_by_text("stale")).to_have_count(0)
    was = view.cell(1, "reply").inner_text()
    view.edit(1, "reply", CORRECTION)
    expect(view.cell(1, "reply")).to_contain_text(CORRECTION)
    expect(view.cell(1, "reply").get_by_role("img", name="edited")).to_be_visible()
    for later in (2, 3, 4):
        expect(view.row(later)).to_contain_text("stale")
    for earlier in (0, 1):
        expect(view.row(earlier)).not_to_contain_text("stale")

    detail = view.expand(1)
    detail.get_by_role("tab", name="Original").click()
    expect(detail).to_contain_text(was.removeprefix("reply").strip())
    detail.get_by_role("tab", name="Diff").click()
    expect(detail.get_by_role("insertion").first).to_contain_text("check")
    expect(detail.get_by_role("deletion").first).to_be_visible()

    detail = view.expand(2)
    expect(detail).to_contain_text("stale: the model saw another turn 1")
    detail.get_by_role("tab", name="History as it is now (2)").click()
    expect(detail.get_by_role("tabpanel")).to_contain_text("changed since")
    expect(detail.get_by_role("tabpanel")).to_contain_text(CORRECTION)

    view.button("Undo").click()
    expect(view.cell(1, "reply")).not_to_contain_text(CORRECTION)
    expect(view.region.get_by_text("stale")).to_have_count(0)
    view.button("Redo").click()
    expect(view.cell(1, "reply")).to_contain_text(CORRECTION)
    expect(view.row(2)).to_contain_text("stale")


@IN_LAB
def test_an_edit_given_up_changes_nothing(view):
    was = view.cell(0, "reply").inner_text()
    view.cell(0, "reply").dblclick()
    editor = view.editor(0, "reply")
    editor.fill("not this")
    editor.press("Escape")
    expect(editor).to_have_count(0)
    assert view.cell(0, "reply").inner_text() == was
    expect(view.button("Undo")).to_have_attribute("title", re.compile("call|turn|say", re.I))


def test_a_fork_is_talked_to_and_left_again(view):
    view.expand(2)
    view.detail(2).get_by_role("button", name="Fork here").click()
    view.expect_turns(2)
    view.expect_branch("fork-1")

    view.send("It works in another browser.")
    view.expect_turns(3)
    expect(view.cell(2, "question")).to_contain_text("another browser")
    expect(view.textbox("question")).to_have_value("")

    view.go_to("main")
    view.expect_turns(5)
    expect(view.cell(2, "question")).to_contain_text("never arrived")
    expect(view.row(2)).to_contain_text("1/2")
    view.button("Next sibling of turn 2").click()
    expect(view.cell(2, "question")).to_contain_text("another browser")
    view.expect_branch("fork-1")
    view.button("Previous sibling of turn 2").click()
    view.expect_turns(5)
    view.expect_branch("main")

    # Take back the message, then the fork.
    view.button("Undo").click()
    expect(view.row(2)).not_to_contain_text("1/2")
    view.button("Undo").click()
    expect(view.branch.locator("option")).to_have_count(1)


@IN_LAB
def test_a_turn_is_run_again_beside_the_old_one(view):
    view.expand(4).get_by_role("button", name="Re-run").click()
    expect(view.row(4)).to_contain_text("2/2")
    view.expect_turns(5)
    view.expect_branch("rerun-1")


@IN_LAB
def test_an_edited_question_makes_a_branch(view):
    view.cell(1, "question").dblclick()
    editor = view.editor(1, "question")
    editor.fill("It's mia@atoll.example. What is my email?")
    view.button("Save as a new branch").click()
    view.expect_turns(2)
    expect(view.cell(1, "reply")).to_contain_text("mia@atoll.example")
    view.go_to("main")
    expect(view.cell(1, "question")).to_contain_text("mia@reef.example")


def test_turns_are_scored_filtered_and_exported(lab, notebook):
    nb = notebook(
        CHAT,
        SHOW,
        "print(len(kept), kept[0].question, list(table['output.reply']), len(table))",
        "print(len(examples_all))",
    )
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    expect(view.cell(0, "score")).to_contain_text("—")
    view.region.get_by_role("combobox", name="Metric").select_option("helpful")
    view.button("Rescore").click()
    expect(view.status).to_contain_text("Scored 5 turns of 'main' by helpful")
    expect(view.cell(0, "score")).to_contain_text("0.30")
    expect(view.region).to_contain_text("mean 0.")
    scores = [float(view.cell(n, "score").inner_text().split()[0]) for n in range(5)]
    good = [n for n, score in enumerate(scores) if score >= 0.6]
    assert 0 < len(good) < 5

    view.export("dspy.Example list", "examples_all")
    panel = view.open_panel("Filter")
    panel.get_by_role("spinbutton", name="Score from").fill("0.6")
    panel.get_by_role("spinbutton", name="Score from").press("Tab")
    view.expect_turns(len(good))
    view.button("Filter").click()

    preview = view.open_panel("Export")
    expect(preview).to_contain_text(f"{len(good)} row")
    expect(preview.get_by_role("table", name="Export preview")).to_be_visible()
    view.button("Export").click()
    view.export("dspy.Example list", "kept")
    view.export("DataFrame", "table")
    view.export("JSONL", "kept.jsonl")

    nb.run_cell(2)
    printed = nb.text(2)
    assert printed.startswith(str(len(good)))
    assert printed.strip().endswith(str(len(good)))
    nb.run_cell(3)
    assert nb.text(3).strip() == "5"
    lines = (lab.root / "kept.jsonl").read_text().splitlines()
    assert len(lines) == len(good)
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert lab.errors() == []


@IN_LAB
def test_who_goes_elsewhere_while_an_answer_is_made_is_left_there(lab, notebook):
    waiting = """\
from pathlib import Path
answer = chat.module.forward
def patient(question, **inputs):
    while not Path("answer").exists():
        pass
    return answer(question=question, **inputs)
chat.module.forward = patient
chat.inspect()"""
    nb = notebook(CHAT, waiting)
    nb.run_all()
    view = View(nb.inspector(1))
    view.expand(2).get_by_role("button", name="Fork here").click()
    view.expect_branch("fork-1")
    view.send("Never mind.")
    expect(view.region).to_contain_text("running…")
    view.go_to("main")
    view.expect_turns(5)
    (lab.root / "answer").touch()
    expect(view.status).to_contain_text("Turn 2 of 'fork-1' is there")
    view.expect_turns(5)
    view.expect_branch("main")
    expect(view.row(2)).to_contain_text("1/2")
    assert lab.errors() == []


def test_a_turn_is_labelled_noted_scored_by_hand_and_left_out(view):
    detail = view.expand(3)
    for field, text in (("label", "handed over"), ("note", "ask the engineer")):
        detail.get_by_role("button", name=f"edit {field}").click()
        view.editor(3, field).fill(text)
        view.editor(3, field).press("Enter")
        expect(view.editor(3, field)).to_have_count(0)
        expect(detail).to_contain_text(text)
    expect(view.cell(3, "label")).to_contain_text("handed over")

    view.cell(3, "score").dblclick()
    view.editor(3, "score").fill("0.25")
    view.editor(3, "score").press("Enter")
    expect(view.cell(3, "score")).to_contain_text("0.25")

    detail.get_by_role("button", name="Exclude").click()
    expect(view.row(3).get_by_role("img", name="excluded")).to_be_visible()
    panel = view.open_panel("Export")
    expect(panel).to_contain_text("4 rows")
    expect(panel).to_contain_text("1 excluded")
    view.button("Export").click()

    for _ in range(4):
        view.button("Undo").click()
        expect(view.status).to_contain_text(re.compile("undo|undid|took back", re.I))
    expect(view.row(3)).not_to_contain_text("handed over")
    expect(view.cell(3, "score")).to_contain_text("—")


@IN_LAB
def test_turns_are_found_by_their_words(view):
    view.search.fill("either")
    view.expect_turns(1)
    expect(view.cell(3, "question")).to_contain_text("spam")
    view.search.press("Escape")
    view.expect_turns(5)
    view.search.fill("no such word")
    expect(view.region).to_contain_text("No turn matches.")
