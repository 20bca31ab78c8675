"""Two branches side by side: what differs in words and numbers, by mouse and by key."""

from __future__ import annotations

import pytest
from browser.scenes import CHAT, CORRECTED, IN_LAB
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

SCORED = CORRECTED.replace(
    'inspector.switch("main")', 'inspector.rescore("helpful")\ninspector.switch("main")'
)


@pytest.fixture
def compared(lab, notebook):
    """The demo conversation and its fork, side by side."""
    nb = notebook(CHAT, SCORED)
    nb.run_all()
    view = View(nb.inspector(1))
    view.open_panel("Compare")
    yield view, view.region.get_by_role("grid", name="main and other browser")
    assert lab.errors() == []


def test_the_sides_are_aligned_by_depth_with_word_diffs_and_deltas(compared):
    view, pairs = compared
    expect(pairs.get_by_role("button", name="= 2 shared turns")).to_be_visible()
    parted = pairs.get_by_role("row").filter(has_text="It works in another browser.")
    expect(parted.get_by_role("deletion").first).to_be_visible()
    expect(parted.get_by_role("insertion").first).to_be_visible()
    expect(parted).to_contain_text("helpful")
    expect(parted).to_contain_text("tokens")
    left = parted.get_by_role("deletion").first.bounding_box()
    right = parted.get_by_role("insertion").first.bounding_box()
    assert left
    assert right
    assert left["x"] < right["x"]
    expect(pairs).to_contain_text("no turn")
    expect(view.turns).not_to_be_visible()


def test_in_a_narrow_cell_both_sides_are_one_text(lab, compared):
    view, pairs = compared
    lab.command("application:toggle-left-area")
    try:
        lab.page.set_viewport_size({"width": 680, "height": 900})
        parted = pairs.get_by_role("row").filter(has_text="It works in another browser.")
        gone = parted.get_by_role("deletion").first
        come = parted.get_by_role("insertion").first
        expect(gone).to_be_visible()
        expect(come).to_be_visible()
        one, other = gone.bounding_box(), come.bounding_box()
        assert one
        assert other
        assert abs(one["x"] - other["x"]) < 250
        assert view.region.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
    finally:
        lab.command("application:toggle-left-area")
        lab.page.set_viewport_size(dict(zip(("width", "height"), lab.viewport, strict=True)))


def test_differences_are_reached_by_key_and_shown_in_the_table(compared):
    view, pairs = compared
    page = view.page
    pairs.get_by_role("button", name="Show turn 2").focus()
    page.keyboard.press("ArrowDown")
    expect(pairs.get_by_role("row").filter(has_text="3≠")).to_be_focused()
    page.keyboard.press("p")
    expect(pairs.get_by_role("row").filter(has_text="2≠")).to_be_focused()
    for key in ("n", "n", "n"):
        page.keyboard.press(key)
    expect(view.status).to_contain_text("no later difference")
    assert view.keyboard() is not None
    for key in ("a", "b", "x", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2
    page.keyboard.press("Enter")
    expect(view.turns).to_be_visible()
    expect(view.row(4).get_by_role("gridcell").first).to_have_attribute("tabindex", "0")
    assert view.keyboard() is not None


def test_c_opens_it_from_the_table_with_the_keyboard_in_it(compared):
    view, pairs = compared
    view.button("Compare").click()
    expect(pairs).to_have_count(0)
    view.row(0).get_by_role("gridcell").first.focus()
    view.page.keyboard.press("c")
    expect(pairs).to_be_visible()
    assert view.keyboard() is not None
    view.button("⇄ Swap").click()
    view.expect_branch("other browser")
    expect(view.region.get_by_role("grid", name="other browser and main")).to_be_visible()
