"""What assistive technology meets: axe finds nothing, in any state, light or dark."""

from __future__ import annotations

import pytest
from browser.accessibility import violations
from browser.scenes import CHAT, CORRECTED, IN_LAB
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

EMPTY = """\
import dspy
from dspy_session import sessionify
empty = sessionify(dspy.Predict("question -> answer"))
empty"""

_UNGUARDED = """root => [...root.querySelectorAll("*")]
  .filter(el => el.tabIndex >= 0 || el.hasAttribute("tabindex"))
  .filter(el => el.dataset.lmSuppressShortcuts !== "true")
  .map(el => el.outerHTML.slice(0, 120))"""


@pytest.fixture
def shown(lab, notebook):
    nb = notebook(CHAT, CORRECTED, EMPTY)
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
    for panel in ("Filter", "Export", "Branch actions", "Help"):
        view.open_panel(panel)
        if panel == "Export":
            expect(view.region.get_by_role("table")).to_be_visible()
        judge(panel)
        view.button(panel).click()
    view.cell(0, "score").dblclick()
    view.editor(0, "score").fill("high")
    view.editor(0, "score").press("Enter")
    expect(view.region.get_by_role("alert")).to_be_visible()
    judge("refused")
    view.editor(0, "score").press("Escape")
    shown_empty = View(shown.inspector(2))
    expect(shown_empty.region).to_contain_text("No turns yet")
    judge("empty", shown_empty)
    shown_empty.send("")
    judge("an error in the status line", shown_empty)
    assert {state: bad for state, bad in found.items() if bad} == {}


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
