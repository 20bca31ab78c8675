"""Scores to look at: a threshold that is dragged or moved by keys, and what it keeps."""

from __future__ import annotations

import pytest
from browser.scenes import IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

SCORED = recorded(
    "question -> answer",
    "[({'question': f'q{n}'}, {'answer': f'a{n}'}) for n in range(10)]",
)
SHOW = """\
inspector = chat.inspect()
for index in range(10):
    inspector.score_turn(index, 1 - index / 10, name="exact")
    inspector.score_turn(index, 0.9 if index == 9 else 1 - index / 10)
inspector"""


@pytest.fixture
def scores(lab, notebook):
    """Ten turns with falling scores; by hand the last one is high. The plots are open."""
    nb = notebook(SCORED, SHOW, "print([one.question for one in examples])")
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    panel = view.open_panel("Scores")
    panel.get_by_role("combobox", name="Score by").select_option("exact")
    yield view, panel, nb
    assert lab.errors() == []


def test_a_threshold_set_by_keys_is_exported(scores):
    view, panel, nb = scores
    page = view.page
    slider = panel.get_by_role("slider", name="Threshold")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("PageUp")
    expect(panel).to_contain_text("keeps 6 of 10 turns, 6 with strict trajectory")
    expect(slider).to_have_attribute(
        "aria-valuetext", "0.50: keeps 6 of 10 turns, 6 with strict trajectory"
    )
    panel.get_by_role("combobox", name="Score by").select_option("hand")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("PageUp")
    expect(panel).to_contain_text("keeps 7 of 10 turns, 6 with strict trajectory")
    panel.get_by_role("button", name="Show only these").click()
    view.expect_turns(7)
    panel.get_by_role("checkbox", name="strict trajectory").check()
    panel.get_by_role("button", name="Export these").click()
    export = view.panel("Export")
    expect(export).to_contain_text("6 rows")
    export.get_by_role("button", name="Export rows").click()
    expect(view.status).to_contain_text("examples")
    nb.run_cell(2)
    assert nb.text(2).strip() == str([f"q{n}" for n in range(6)])


def test_the_threshold_is_dragged(scores):
    view, panel, _ = scores
    box = panel.get_by_role("img", name="Histogram").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    mouse = view.page.mouse
    mouse.move(box["x"] + box["width"] * 0.2, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.85, y, steps=12)
    mouse.up()
    expect(panel).to_contain_text("keeps 2 of 10 turns")


def test_disagreement_of_hand_and_metric_is_found(scores):
    view, panel, _ = scores
    panel.get_by_role("combobox", name="Against").select_option("hand")
    expect(panel.get_by_role("img", name="exact against hand: 10 turns have both")).to_be_visible()
    panel.get_by_role("button", name="turn 9").click()
    expect(view.row(9).get_by_role("gridcell").first).to_have_attribute("tabindex", "0")


def test_scores_by_hand_in_one_key(scores):
    view, _, _ = scores
    page = view.page
    view.row(3).get_by_role("gridcell").first.focus()
    for key, shown in (("5", "1.00"), ("2", "0.25"), ("-", "0.00"), ("+", "1.00")):
        page.keyboard.press(key)
        expect(view.cell(3, "score")).to_contain_text(shown)
    page.keyboard.press("0")
    expect(view.cell(3, "score")).to_contain_text("0.70")  # what the metric gave
