"""While a cell runs the inspector goes on: rows arrive, clicks are answered, edits land."""

from __future__ import annotations

from browser.scenes import CHAT, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import expect

WAITING = """\
from pathlib import Path
while not Path("go").exists():
    pass
Path("go").unlink()
print("done")"""

TALKING = """\
from pathlib import Path
said = 0
while not Path("stop").exists():
    if Path("more").exists():
        Path("more").unlink()
        said += 1
        chat(question=f"Is it fixed? I ask for the {said}. time.")
Path("stop").unlink()
print(said, chat.turns[0].outputs["reply"])"""


def test_a_click_during_a_busy_cell_is_answered(lab, notebook):
    nb = notebook(CHAT, SHOW, WAITING)
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    nb.run_cell(2, wait=False)
    try:
        detail = view.expand(4)
        expect(detail).to_contain_text("What have we tried so far?")
        view.edit(0, "reply", "Edited while the cell ran.")
        expect(view.cell(0, "reply")).to_contain_text("Edited while the cell ran.")
        expect(nb.cell(2)).to_contain_text("[*]")
    finally:
        (lab.root / "go").touch()
    nb.wait_idle()
    assert nb.text(2).strip() == "done"
    assert lab.errors() == []


@IN_LAB
def test_turns_made_by_a_running_cell_appear_as_they_are_made(lab, notebook):
    nb = notebook(CHAT, SHOW, TALKING)
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    nb.run_cell(2, wait=False)
    try:
        for count in (6, 7, 8):
            (lab.root / "more").touch()
            view.expect_turns(count)
            expect(nb.cell(2)).to_contain_text("[*]")
        view.turns.hover()
        lab.page.mouse.wheel(0, 5000)
        expect(view.cell(7, "question")).to_be_visible()
        expect(view.expand(7)).to_contain_text("the 3. time")
        lab.page.mouse.wheel(0, -9000)
        view.edit(0, "reply", "Edited in between.")
        (lab.root / "more").touch()
        view.expect_turns(9)
        expect(view.cell(0, "reply")).to_contain_text("Edited in between.")
    finally:
        (lab.root / "stop").touch()
    nb.wait_idle()
    assert nb.text(2).strip() == "4 Edited in between."
    assert lab.errors() == []


@IN_LAB
def test_a_message_sent_during_a_busy_cell_becomes_a_turn(lab, notebook):
    nb = notebook(CHAT, SHOW, WAITING)
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    nb.run_cell(2, wait=False)
    try:
        view.send("What is my email?")
        view.expect_turns(6)
        expect(view.cell(5, "reply")).to_contain_text("mia@reef.example")
        expect(nb.cell(2)).to_contain_text("[*]")
    finally:
        (lab.root / "go").touch()
    nb.wait_idle()
