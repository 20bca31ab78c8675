"""A kernel that is gone: the page stays readable and says so, and a cell brings it back."""

from __future__ import annotations

import re

from browser.scenes import CHAT, SHOW
from browser.view import View
from playwright.sync_api import expect


def test_after_a_restart_the_rows_stay_and_the_page_says_it_is_not_connected(lab, notebook):
    nb = notebook(CHAT, SHOW)
    nb.run_all()
    view = View(nb.inspector(1))
    view.expand(1)
    nb.restart_kernel()
    expect(view.status).to_contain_text("Not connected", timeout=30_000)
    view.expect_turns(5)
    expect(view.cell(0, "question")).to_contain_text("I can't log in.")
    expect(view.detail(1)).to_contain_text("tried resetting my password")
    for name in ("Send", "Rescore", "Undo"):
        expect(view.button(name)).to_be_disabled()
    expect(view.detail(1).get_by_role("button", name="Fork here")).to_be_disabled()
    # What cannot be done is said, not tried.
    view.cell(0, "reply").dblclick()
    expect(view.editor(0, "reply")).to_have_count(0)
    expect(view.region.get_by_text(re.compile("traceback|undefined", re.I))).to_have_count(0)
    assert lab.errors() == []

    nb.run_all()
    again = View(nb.inspector(1))
    expect(again.status).not_to_contain_text("Not connected")
    again.edit(0, "reply", "Back again.")
    expect(again.cell(0, "reply")).to_contain_text("Back again.")
    assert lab.errors() == []
