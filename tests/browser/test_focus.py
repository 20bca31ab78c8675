"""The keyboard stays in the inspector, whatever becomes of what had it."""

from __future__ import annotations

from collections.abc import Callable

from browser.lab import Lab
from browser.scenes import CHAT, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import Locator, expect

pytestmark = IN_LAB

OBEY = """\
import threading, time
from pathlib import Path
def obey():
    for number in range(1000):
        path = Path(f"step{number}.py")
        while not path.exists():
            time.sleep(0.02)
        exec(path.read_text(), globals())
threading.Thread(target=obey, daemon=True).start()"""
"""Does, beside what the page does, what the test writes down: as a cell that runs would."""


class Cell:
    """The notebook's own code at work, while a person is in the inspector."""

    def __init__(self, lab: Lab) -> None:
        self.folder, self.steps = lab.root, 0

    def does(self, source: str) -> None:
        written = self.folder / "step.tmp"
        written.write_text(source)
        written.rename(self.folder / f"step{self.steps}.py")
        self.steps += 1


def in_cell(view: View) -> Locator:
    view.cell(4, "reply").click()
    return view.cell(4, "reply")


def in_arrow(view: View) -> Locator:
    view.button("Expand turn 4").click()
    view.button("Collapse turn 4").click()
    return view.button("Expand turn 4")


def in_editor(view: View) -> Locator:
    view.cell(4, "reply").dblclick()
    editor = view.editor(4, "reply")
    editor.fill("half a thou")
    return editor


def in_detail(view: View) -> Locator:
    detail = view.expand(4)
    detail.get_by_role("tab", name="Prompt sent").click()
    return detail.get_by_role("tab", name="Prompt sent")


def in_composer(view: View) -> Locator:
    view.textbox("question").fill("half a ques")
    return view.textbox("question")


def in_search(view: View) -> Locator:
    view.search.focus()
    return view.search


def in_filter(view: View) -> Locator:
    view.open_panel("Filter").get_by_role("combobox", name="Order").focus()
    return view.region.get_by_role("combobox", name="Order")


def in_branch_name(view: View) -> Locator:
    view.open_panel("Branch actions").get_by_role("textbox", name="Name").focus()
    return view.region.get_by_role("textbox", name="Name")


def in_tree(view: View) -> Locator:
    view.button("Tree").click()
    view.region.get_by_role("treeitem").last.click()
    return view.region.get_by_role("treeitem").last


PLACES: tuple[Callable[[View], Locator], ...] = (
    *(in_cell, in_arrow, in_editor, in_detail, in_composer),
    *(in_search, in_filter, in_branch_name, in_tree),
)


STAYS = {in_composer: "question", in_search: "Search turns", in_filter: "Order"}
"""Places that rows do not touch, to the name of what keeps the keyboard there."""


def test_the_keyboard_is_never_lost_when_rows_change_under_it(lab, notebook):
    nb = notebook(CHAT, SHOW, OBEY)
    nb.run_all()
    view, cell = View(nb.inspector(1)), Cell(lab)
    panel = view.open_panel("Filter")
    panel.get_by_role("combobox", name="Excluded").select_option(label="not excluded")
    view.button("Filter").click()
    lost: list[str] = []

    def check(place: Callable[[View], Locator], change: str) -> None:
        view.page.wait_for_timeout(150)  # what takes the keyboard away may come late
        if view.keyboard() is None or (place in STAYS and view.keyboard() != STAYS[place]):
            lost.append(f"{place.__name__}: {change}")

    for place in PLACES:
        cell.does("chat.fork(name='other'); inspector.switch('other')")
        expect(view.branch.get_by_role("option", name="other")).to_be_attached()
        view.go_to("other")
        view.expect_turns(5)
        place(view)
        assert view.keyboard() is not None, place.__name__
        cell.does("chat.branches['other'](question='What else?')")
        view.expect_turns(6)
        check(place, "a turn was appended")
        cell.does("inspector.exclude(4)")
        view.expect_turns(5)
        check(place, "its row was filtered out")
        cell.does("inspector.undo()")
        view.expect_turns(6)
        check(place, "its row came back")
        cell.does("inspector.prune()")
        view.expect_branch("main")
        view.expect_turns(5)
        check(place, "its branch was pruned")
        close_all(view)
    assert lost == []
    assert lab.errors() == []


def close_all(view: View) -> None:
    """Put the inspector as it was when it was opened."""
    while view.button("Cancel").count():
        view.button("Cancel").first.click()
    for name in ("Filter", "Branch actions", "Tree"):
        if view.button(name).get_attribute("aria-expanded") == "true":
            view.button(name).click()
    for index in range(6):
        if view.button(f"Collapse turn {index}").count():
            view.button(f"Collapse turn {index}").click()


def test_a_button_that_goes_away_leaves_the_keyboard_in_the_inspector(lab, notebook):
    nb = notebook(CHAT, SHOW)
    nb.run_all()
    view = View(nb.inspector(1))
    view.open_panel("Branch actions")
    replay = view.button("Replay this branch")
    replay.press("Enter")
    view.expect_branch("replay-1")
    assert view.keyboard() == "Replay this branch"
    dismiss = view.button("Dismiss: Compare with main")
    dismiss.press("Enter")
    expect(dismiss).to_have_count(0)
    assert view.keyboard() is not None
    replay.press("Enter")
    view.expect_branch("replay-2")
    view.button("Compare with replay-1").press("Enter")
    expect(view.region.get_by_role("combobox", name="Compare with")).to_be_focused()
    expect(view.region.get_by_role("grid", name="replay-2 and replay-1")).to_be_visible()
    view.button("Compare").click()
    view.button("Scores").click()
    panel = view.region.get_by_role("region", name="Scores")
    view.cell(0, "reply").click()
    view.page.keyboard.press("3")
    panel.get_by_role("button", name="Show only these").press("Enter")
    panel.get_by_role("button", name="Show all").press("Enter")
    expect(panel.get_by_role("button", name="Show all")).to_have_count(0)
    assert view.keyboard() is not None
    assert lab.errors() == []
