"""What assistive technology meets: axe finds nothing, in any state, light or dark."""

from __future__ import annotations

import pytest
from browser.accessibility import violations
from browser.scenes import CHAT, CORRECTED, IN_LAB, MARKDOWN
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

EMPTY = """\
import dspy
from dspy_session import sessionify
empty = sessionify(dspy.Predict("question -> answer"))
def away(*args, **kwargs):
    raise RuntimeError("The model is away.")
empty.module.forward = away
empty"""

SCORED = CORRECTED.replace(
    'inspector.rescore("helpful")', 'inspector.rescore("concise")\ninspector.rescore("helpful")'
)

PANELS = {
    "Filter": None,
    "Export": "table",
    "Branch actions": None,
    "Help": None,
    "Tree": "tree",
    "Compare": "grid",
    "Scores": "slider",
}
"""Each panel, and the role of what it shows when it has loaded."""

NOTHING = {
    "Tree": "1 branch, 0 turns",
    "Compare": "There is only one branch",
    "Scores": "No turn has a score yet",
}

_UNGUARDED = """root => [...root.querySelectorAll("*")]
  .filter(el => el.tabIndex >= 0 || el.hasAttribute("tabindex"))
  .filter(el => el.dataset.lmSuppressShortcuts !== "true")
  .map(el => el.outerHTML.slice(0, 120))"""

_MOVING = """root => [...root.querySelectorAll("*")]
  .filter(el => el.getAnimations().length
    || parseFloat(getComputedStyle(el).transitionDuration) > 0
    || getComputedStyle(el).animationName !== "none")
  .map(el => el.outerHTML.slice(0, 120))"""


@pytest.fixture
def shown(lab, notebook):
    nb = notebook(CHAT, SCORED, EMPTY, f"{MARKDOWN}\nchat.inspect(markdown=['answer'])")
    nb.run_all()
    yield nb
    lab.set_theme("JupyterLab Light")
    assert lab.errors() == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_in_any_state(lab, shown, theme):
    lab.set_theme(theme)
    found: dict[str, list[str]] = {}
    view = View(shown.inspector(1))

    def judge(state: str, target: View = view) -> None:
        found[state] = violations(target.region)
        found[f"{state}, keys"] = target.region.evaluate(_UNGUARDED)

    judge("collapsed")
    detail = view.expand(1)
    judge("expanded")
    detail.get_by_role("tab", name="Diff").click()
    detail.get_by_role("tab", name="History as seen (1)").click()
    expect(detail.get_by_role("tabpanel")).to_contain_text("turn 0")
    detail.get_by_role("button", name="respond").click()
    judge("with diff, history and a call")
    view.button("Collapse turn 1").click()
    view.cell(0, "reply").dblclick()
    expect(view.editor(0, "reply")).to_be_visible()
    judge("editing")
    view.editor(0, "reply").press("Escape")
    for panel, shown_there in PANELS.items():
        view.open_panel(panel)
        if shown_there:
            expect(view.region.get_by_role(shown_there).first).to_be_visible()
        judge(panel)
        view.button(panel).click()
    view.open_panel("Scores").get_by_role("combobox", name="Against").select_option("concise")
    expect(view.region.get_by_role("img", name="helpful against concise")).to_be_visible()
    view.button("as numbers").click()
    judge("one metric against another, as numbers")
    view.button("Scores").click()
    view.open_panel("Compare")
    view.button("= 2 shared turns").click()
    expect(view.button("Show turn 0")).to_be_visible()
    judge("compare, unfolded")
    view.button("Compare").click()
    view.cell(0, "score").dblclick()
    view.editor(0, "score").fill("high")
    view.editor(0, "score").press("Enter")
    expect(view.region.get_by_role("alert")).to_be_visible()
    judge("refused")
    view.editor(0, "score").press("Escape")
    in_markdown = View(shown.inspector(3))
    expect(in_markdown.expand(0).get_by_role("heading", name="Deploying")).to_be_visible()
    judge("as Markdown", in_markdown)
    shown_empty = View(shown.inspector(2))
    expect(shown_empty.region).to_contain_text("No turns yet")
    judge("empty", shown_empty)
    for panel in ("Tree", "Compare", "Scores"):
        shown_empty.button(panel).click()
        expect(shown_empty.region).to_contain_text(NOTHING[panel])
        judge(f"empty, {panel}", shown_empty)
        shown_empty.button(panel).click()
    shown_empty.send("")
    expect(shown_empty.status).to_contain_text("⚠")
    expect(shown_empty.button("Dismiss: Send")).to_be_visible()
    judge("an error in the status line, and the call that failed", shown_empty)
    assert {state: bad for state, bad in found.items() if bad} == {}


def test_high_contrast_shows_every_state_by_outline_and_shape(lab, shown):
    view = View(shown.inspector(1))
    lab.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    try:
        view.open_panel("Tree")
        shapes = view.tree.locator(".shape")
        expect(shapes.first).to_be_visible()
        outlines = shapes.evaluate_all("all => new Set(all.map(one => one.getAttribute('d'))).size")
        strokes = shapes.evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
        back = view.tree.evaluate("el => getComputedStyle(el).backgroundColor")
        assert outlines >= 2
        assert back not in strokes
        bar = view.cell(0, "score").locator(".bar").first
        assert bar.evaluate("el => getComputedStyle(el).borderTopStyle") == "solid"
        assert violations(view.region) == []
        view.button("Scores").click()
        expect(view.region.get_by_role("slider")).to_be_visible()
        kept = view.region.locator(".bin.kept").first
        assert kept.evaluate("el => getComputedStyle(el).stroke !== getComputedStyle(el).fill")
        view.region.get_by_role("combobox", name="Against").focus()
        lab.page.keyboard.press("Tab")
        outline = view.region.get_by_role("slider").evaluate(
            "el => getComputedStyle(el).outlineStyle"
        )
        assert outline == "solid"
    finally:
        lab.page.emulate_media(forced_colors="none", reduced_motion="no-preference")


def test_nothing_moves_by_itself_when_motion_is_reduced(lab, shown):
    view = View(shown.inspector(1))
    lab.page.emulate_media(reduced_motion="reduce")
    try:
        for panel in ("Tree", "Scores"):
            view.open_panel(panel)
            moving = view.region.evaluate(_MOVING)
            assert moving == [], f"moving with {panel} open"
            view.button(panel).click()
    finally:
        lab.page.emulate_media(reduced_motion="no-preference")


def test_the_table_is_a_treegrid_that_tells_where_one_is(shown):
    view = View(shown.inspector(1))
    expect(view.turns).to_have_attribute("aria-rowcount", "6")
    expect(view.turns).to_have_attribute("aria-colcount", "6")
    row = view.row(1)
    for name, value in {
        "aria-level": "1",
        "aria-rowindex": "3",
        "aria-posinset": "2",
        "aria-setsize": "5",
        "aria-expanded": "false",
    }.items():
        expect(row).to_have_attribute(name, value)
    detail = view.expand(1)
    expect(row).to_have_attribute("aria-expanded", "true")
    within = detail.locator("xpath=..")
    expect(within).to_have_attribute("aria-level", "2")
    # One stop for the table's own cells, however many there are.
    stops = view.turns.locator('[role="gridcell"][tabindex="0"]')
    expect(stops).to_have_count(1)
    assert (
        view.region.evaluate("el => el.querySelectorAll('[aria-live], [role=status]').length") == 1
    )
