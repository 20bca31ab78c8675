"""Narrow and wide: nothing is cut off sideways, everything can be reached."""

from __future__ import annotations

import pytest
from browser.scenes import CHAT, CORRECTED, IN_LAB
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

HEADER = (
    "Branch actions",
    "Undo",
    "Redo",
    "Filter",
    "Rescore",
    "Export",
    "Help",
    "Tree",
    "Compare",
    "Scores",
)

LOADED = {"Tree": "tree", "Compare": "grid", "Scores": "slider"}

_OUTSIDE = """root => {
  const box = root.getBoundingClientRect();
  return [...root.querySelectorAll("button, input, select, textarea")]
    .filter(el => el.offsetParent)
    .map(el => [el, el.getBoundingClientRect()])
    .filter(([, b]) => b.width && (b.left < box.left - 1 || b.right > box.right + 1))
    .map(([el]) => el.getAttribute("aria-label") || el.textContent);
}"""


@pytest.mark.parametrize("width", [600, 800, 1600])
def test_controls_are_reached_without_scrolling_sideways(lab, notebook, width):
    page = lab.page
    page.set_viewport_size({"width": width, "height": 900})
    try:
        nb = notebook(CHAT, CORRECTED)
        lab.command("application:toggle-left-area")
        nb.run_all()
        view = View(nb.inspector(1))
        view.region.scroll_into_view_if_needed()
        view.expand(1)
        for panel in ("Filter", "Export", "Branch actions", "Help", "Tree", "Compare", "Scores"):
            view.open_panel(panel)
            if panel in LOADED:
                expect(view.region.get_by_role(LOADED[panel])).to_be_visible()
            assert view.region.evaluate(_OUTSIDE) == [], f"outside, with {panel} open"
            view.button(panel).click()
        for name in HEADER:
            button = view.button(name)
            expect(button).to_be_in_viewport()
            button.click(trial=True, force=name in ("Undo", "Redo"))
        for target in (view.region, view.turns):
            assert target.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        for column in ("question", "reply", "score"):
            box = view.cell(1, column).bounding_box()
            assert box, f"{column} is not shown at {width} px"
            assert box["width"] >= 40, f"{column} is {box['width']} px wide at {width} px"
        view.detail(1).get_by_role("button", name="Fork here").click()
        view.expect_turns(1)
        assert lab.errors() == []
    finally:
        page.set_viewport_size(dict(zip(("width", "height"), lab.viewport, strict=True)))


def test_at_twice_the_size_everything_is_reached(lab, notebook):
    nb = notebook(CHAT, CORRECTED)
    lab.command("application:toggle-left-area")
    nb.run_all()
    width, height = lab.viewport
    # What a browser does at 200 %: half the room, twice the pixels.
    metrics = {"width": width // 2, "height": height // 2, "deviceScaleFactor": 2, "mobile": False}
    lab.cdp.send("Emulation.setDeviceMetricsOverride", metrics)
    try:
        view = View(nb.inspector(1))
        view.region.scroll_into_view_if_needed()
        for panel, role in LOADED.items():
            view.open_panel(panel)
            expect(view.region.get_by_role(role)).to_be_visible()
            assert view.region.evaluate(_OUTSIDE) == [], f"outside, with {panel} open"
            assert view.region.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
            view.button(panel).click()
        view.expand(1)
        assert view.turns.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
        view.detail(1).get_by_role("button", name="Fork here").click()
        view.expect_turns(1)
    finally:
        lab.cdp.send("Emulation.clearDeviceMetricsOverride")
    assert lab.errors() == []
