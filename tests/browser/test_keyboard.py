"""The journey by keyboard alone, and no key ever meant for a turn reaches the notebook."""

from __future__ import annotations

import re

import pytest
from browser.scenes import CHAT, CORRECTED, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import Page, expect

LETTERS = ("a", "b", "d", "d", "x", "z", "y", "Shift+L", "0", "0", "c", "m", "Shift+M")
"""Command keys of the notebook: new cells, deleted, cut, copied, merged cells, a kernel restart."""


_ACTS = "el => !!el.closest('.turns') && (el.matches('.detail') || !el.closest('.detail'))"
"""Whether letters act from there: in the table, and not in what an expanded turn holds."""


def tab_to(view: View, name: str | re.Pattern[str], *, back: bool = False, most: int = 40) -> None:
    """Press Tab until the keyboard is at an element of the inspector with this name."""
    for _ in range(most):
        at = view.keyboard()
        if at is not None and re.fullmatch(name, at):
            return
        view.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"the keyboard is at {view.keyboard()!r}, never at {name!r}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_edit_fork_send_rescore_compare_and_export_by_keyboard_alone(lab, notebook):
    nb = notebook(CHAT, SHOW, "print(len(examples), examples[1].reply)")
    nb.run_cell(0)
    nb.run_cell(1)
    view, page = View(nb.inspector(1)), lab.page
    view.search.focus()
    tab_to(view, ".*▸0")

    # Down to turn 1; the arrow to the right opens it, the next goes through its cells.
    press(page, "ArrowDown", "ArrowRight")
    expect(view.detail(1).get_by_role("button", name="Fork here")).to_be_visible()
    press(page, "ArrowDown")
    expect(view.detail(1)).to_be_focused()
    press(page, "ArrowUp", "ArrowLeft")
    expect(view.detail(1)).to_have_count(0)
    press(page, "End", "ArrowLeft", "ArrowLeft")
    expect(view.cell(1, "reply")).to_be_focused()

    # Edit.
    press(page, "F2")
    expect(view.editor(1, "reply")).to_be_focused()
    press(page, "Control+a")
    page.keyboard.type("Please check spam, Mia.")
    press(page, "Control+Enter")
    expect(view.cell(1, "reply")).to_contain_text("Please check spam, Mia.")
    expect(view.cell(1, "reply")).to_be_focused()
    expect(view.row(2)).to_contain_text("stale")

    # Enter opens too, Escape gives up and the keyboard is where it was.
    press(page, "Enter")
    expect(view.editor(1, "reply")).to_be_focused()
    page.keyboard.type("never mind")
    press(page, "Escape")
    expect(view.cell(1, "reply")).to_be_focused()
    expect(view.cell(1, "reply")).not_to_contain_text("never mind")

    # Fork at turn 2; say something there.
    press(page, "j", "f")
    view.expect_turns(2)
    assert view.keyboard() is not None
    tab_to(view, "question")
    page.keyboard.type("It works in another browser.")
    press(page, "Control+Enter")
    view.expect_turns(3)
    expect(view.cell(2, "question")).to_contain_text("another browser")
    assert view.keyboard() is not None

    # Score.
    tab_to(view, "Rescore", back=True)
    press(page, "Enter")
    expect(view.status).to_contain_text("Scored 3 turns")
    assert view.keyboard() is not None

    # Compare with where it was forked from; back to the table at a turn that differs.
    tab_to(view, "Compare", back=True)
    press(page, "Enter")
    pairs = view.region.get_by_role("grid")
    expect(pairs.get_by_role("insertion").first).to_be_visible()
    tab_to(view, "Next difference")
    # The turns that are shared differ too: they were scored on this branch only.
    press(page, "Enter")
    expect(pairs.get_by_role("row").filter(has_text="0≠")).to_be_focused()
    press(page, "n", "n")
    expect(pairs.get_by_role("row").filter(has_text="another browser")).to_be_focused()
    press(page, "Enter")
    expect(pairs).to_have_count(0)
    view.expect_branch("fork-1")
    assert view.keyboard() is not None

    # Export.
    tab_to(view, "Export")
    press(page, "Enter")
    expect(view.panel("Export")).to_contain_text("3 rows")
    tab_to(view, "Export rows")
    press(page, "Enter")
    expect(view.status).to_contain_text("examples")
    assert view.keyboard() is not None

    nb.run_cell(2)
    assert nb.text(2).strip() == "3 Please check spam, Mia."
    assert lab.errors() == []


def test_no_key_reaches_the_notebook(lab, notebook):
    nb = notebook(CHAT, CORRECTED, "1 + 1")
    nb.run_all()
    view, page = View(nb.inspector(1)), lab.page
    view.expand(1)
    view.open_panel("Filter")
    before = nb.sources()

    def unchanged(where: str) -> None:
        assert nb.sources() == before, f"a key pressed at {where} reached the notebook"
        assert page.locator(".jp-Dialog").count() == 0, f"a key at {where} opened a dialog"

    excluded = view.turns.get_by_role("img", name="excluded")
    places = {
        "the row": view.row(0).get_by_role("gridcell").first,
        "a field": view.cell(0, "reply"),
        "the detail": view.detail(1),
        "an expand button": view.button("Collapse turn 1"),
        "a tab": view.detail(1).get_by_role("tab", name="Diff"),
        "a button in the detail": view.detail(1).get_by_role("button", name="Copy code"),
        "the header's button": view.button("Rescore"),
        "the panel's checkbox": view.panel("Filter").get_by_role("checkbox").first,
        "the panel's number": view.panel("Filter").get_by_role("spinbutton").first,
        "the search box": view.search,
        "the composer": view.textbox("question"),
        "Send": view.button("Send"),
        "the branches": view.branch,
    }
    for where, place in places.items():
        if "panel" in where and view.button("Filter").get_attribute("aria-expanded") == "false":
            view.open_panel("Filter")
        place.focus()
        expect(place).to_be_focused()
        # Some act on turns or open panels; the notebook must not care.
        for key in LETTERS:
            excludes = key == "x" and place.evaluate(_ACTS)
            before_x = excluded.count()
            page.keyboard.press(key)
            if excludes:  # the next key means the turn as it is then
                expect(excluded).not_to_have_count(before_x)
        unchanged(where)
        for key in ("Escape", "a", "b"):
            page.keyboard.press(key)
        assert view.keyboard() is not None, f"the keyboard left the inspector from {where}"
        unchanged(where)
    expect(view.status).not_to_contain_text("⚠")
    assert lab.errors() == []


def test_the_keyboard_is_not_lost_when_what_it_was_on_goes_away(view, lab):
    page = lab.page
    detail = view.expand(2)
    detail.get_by_role("button", name="Fork here").focus()
    page.keyboard.press("Enter")
    view.expect_turns(2)
    assert view.keyboard() is not None
    view.button("Undo").focus()
    page.keyboard.press("Enter")
    view.expect_turns(5)
    assert view.keyboard() is not None
    page.keyboard.press("b")
    detail = view.expand(0)
    detail.get_by_role("button", name="edit reply").focus()
    page.keyboard.press("Enter")
    expect(view.editor(0, "reply")).to_be_focused()
    page.keyboard.type("Hello.")
    page.keyboard.press("Control+Enter")
    expect(view.editor(0, "reply")).to_have_count(0)
    expect(detail).to_be_focused()
    panel = view.open_panel("Export")
    panel.get_by_role("button", name="Export rows").press("Enter")
    expect(panel).to_have_count(0)
    expect(view.button("Export")).to_be_focused()
    # A button that goes out of use under the fingers keeps them.
    view.button("Redo").focus()
    for _ in range(2):
        page.keyboard.press("b")
        page.keyboard.press("Enter")
    assert view.keyboard() == "Redo"
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2


@IN_LAB
def test_the_keyboard_stays_when_turns_go_from_under_it(lab, notebook):
    behind_the_scenes = """\
import threading
def go():
    chat.undo(4)
threading.Timer(4, go).start()"""
    nb = notebook(CHAT, SHOW, behind_the_scenes)
    nb.run_cell(0)
    nb.run_cell(1)
    view, page = View(nb.inspector(1)), lab.page
    nb.run_cell(2)
    cells = nb.cell_count()
    view.row(4).get_by_role("gridcell").first.focus()
    view.expect_turns(1)
    assert view.keyboard() is not None
    for key in ("a", "b", "d", "d"):
        page.keyboard.press(key)
    assert nb.cell_count() == cells
    page.keyboard.press("Control+z")
    view.expect_turns(5)
    assert view.keyboard() is not None


@IN_LAB
def test_the_arrow_keys_reach_every_row_and_cell(lab, notebook):
    nb = notebook(
        "import dspy\nfrom dspy_session import sessionify\n"
        "chat = sessionify(dspy.Predict('question -> answer'))\n"
        "for n in range(500): chat.add_turn({'question': f'q{n}'}, {'answer': f'a{n}'})\nchat"
    )
    nb.run_all()
    view, page = View(nb.inspector(0)), lab.page
    view.expect_turns(500)
    view.row(0).get_by_role("gridcell").first.focus()
    press(page, "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight")
    expect(view.cell(2, "answer")).to_be_focused()
    expect(view.detail(2)).to_be_visible()
    press(page, "PageDown")
    assert re.search(r"a\d", view.keyboard() or "")
    press(page, "Control+End")
    expect(view.cell(499, "label")).to_be_focused()
    press(page, "Home")
    expect(view.row(499).get_by_role("gridcell").first).to_be_focused()
    press(page, "Control+Home")
    expect(view.row(0).get_by_role("gridcell").first).to_be_focused()
    # Out of the table by Tab, and back in where one was.
    press(page, "ArrowDown", "ArrowDown", "ArrowLeft", "Tab", "Shift+Tab")
    expect(view.row(2).get_by_role("gridcell").first).to_be_focused()


@IN_LAB
@pytest.mark.parametrize("on", [True, False])
def test_letter_keys_act_on_the_focused_turn_unless_switched_off(view, on):
    if not on:
        help_panel = view.open_panel("Help")
        help_panel.get_by_role("checkbox").uncheck()
        view.button("Help").click()
    page = view.page
    view.row(0).get_by_role("gridcell").first.focus()
    page.keyboard.press("x")
    expect(view.row(0).get_by_role("img", name="excluded")).to_have_count(int(on))
    page.keyboard.press("s")
    expect(view.editor(0, "score")).to_have_count(int(on))
    if on:
        page.keyboard.type("0.5")
        page.keyboard.press("Enter")
        expect(view.cell(0, "score")).to_contain_text("0.50")
        page.keyboard.press("Control+z")
        expect(view.cell(0, "score")).to_contain_text("—")
        page.keyboard.press("Control+Shift+Z")
        expect(view.cell(0, "score")).to_contain_text("0.50")
        page.keyboard.press("/")
        expect(view.search).to_be_focused()
    assert view.page.locator(".jp-Notebook .jp-Cell").count() == 2
