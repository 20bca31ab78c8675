"""The nodes of a program: read, corrected, scored and exported where they stand."""

from __future__ import annotations

import pytest
from browser.accessibility import violations
from browser.scenes import CHAT, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB


@pytest.fixture
def nodes(lab, notebook):
    """The demo conversation with its nodes shown."""
    nb = notebook(CHAT, SHOW, "print(len(classify_examples), classify_examples[1].intent)")
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    view.button("Nodes").click()
    yield nb, view, view.region.get_by_role("region", name="Nodes")
    assert lab.errors() == []


def test_a_call_is_corrected_scored_and_exported_from_its_ledger(nodes):
    nb, view, panel = nodes
    ledger = panel.get_by_role("list", name="Calls of classify")
    expect(ledger.get_by_role("listitem")).to_have_count(5)
    expect(view.turns).not_to_be_visible()
    ledger.get_by_role("button", name="turn 1").click()
    entry = ledger.get_by_role("listitem").nth(1)
    entry.get_by_role("button", name="edit intent").click()
    entry.get_by_role("combobox", name="Edit intent of turn 1").select_option("billing")
    entry.get_by_role("button", name="Save").click()
    expect(entry.get_by_role("img", name="edited")).to_be_visible()
    entry.get_by_role("button", name="score by hand").click()
    entry.get_by_role("textbox").fill("0.25")
    view.page.keyboard.press("Enter")
    expect(panel.get_by_role("row", name="classify")).to_contain_text("0.25")
    assert violations(view.region) == []
    panel.get_by_role("button", name="Export examples").click()
    expect(view.region.get_by_role("status", name="Status")).to_contain_text("classify_examples")
    nb.run_cell(2)
    expect(nb.output(2)).to_contain_text("5 billing")
    entry.get_by_role("button", name="Show turn 1").click()
    expect(view.turns).to_be_visible()
