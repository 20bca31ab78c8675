"""The tree of branches as a picture: looked at, searched, and gone through by mouse and keys."""

from __future__ import annotations

import re

import pytest
from browser.scenes import CHAT, CORRECTED, IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

MANY = recorded(
    "question -> answer",
    "[({'question': f'q{n}'}, {'answer': f'a{n}'}) for n in range(40)]",
)
FORKS = """\
for number in range(200):
    fork = chat.fork(number % 40, name=f"fork {number}")
    fork.add_turn({"question": f"what if {number}?"}, {"answer": "Then."})
chat"""


@pytest.fixture
def tree(lab, notebook):
    """The demo conversation with a fork, its tree open."""
    nb = notebook(CHAT, CORRECTED, "print(sorted(chat.branches))")
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    view.open_panel("Tree")
    expect(view.tree).to_be_visible()
    yield view, nb
    assert lab.errors() == []


def test_the_picture_names_every_turn_and_a_click_goes_there(tree):
    view, _ = tree
    expect(view.tree.get_by_role("treeitem")).to_have_count(6)
    edited = view.tree.get_by_role("treeitem", name=re.compile("turn 1 of main"))
    expect(edited).to_have_accessible_name(re.compile(r"score \d\.\d\d, edited$"))
    expect(
        view.tree.get_by_role("treeitem", name=re.compile("turn 2 of main.*stale"))
    ).to_be_attached()
    view.tree.get_by_role("treeitem", name=re.compile("turn 2 of other browser")).click()
    view.expect_branch("other browser")
    view.expect_turns(3)
    assert view.keyboard() == "Tree of branches"
    view.tree.locator("text", has_text="main").click(position={"x": 4, "y": 8})
    view.expect_branch("main")


def test_a_branch_is_found_renamed_starred_pruned_and_brought_back_by_keyboard(tree):
    view, nb = tree
    page = view.page
    view.tree.focus()
    page.keyboard.press("/")
    find = view.region.get_by_role("searchbox", name="Find in tree")
    expect(find).to_be_focused()
    page.keyboard.type("another browser")
    expect(view.region).to_contain_text("1 found")
    page.keyboard.press("Enter")
    view.expect_branch("other browser")
    view.tree.focus()
    page.keyboard.press("F2")
    expect(view.panel("Branch actions").get_by_label("Name")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("chrome")
    page.keyboard.press("Enter")
    view.expect_branch("chrome")
    view.tree.focus()
    page.keyboard.press("*")
    view.expect_branch("★ chrome")
    page.keyboard.press("Delete")
    view.expect_branch("main")
    expect(view.tree.get_by_role("treeitem")).to_have_count(5)
    page.keyboard.press("Control+z")
    expect(view.tree.get_by_role("treeitem")).to_have_count(6)
    nb.run_cell(2)
    assert nb.text(2).strip() == "['chrome', 'main']"


def test_the_keys_walk_the_tree_and_escape_closes_it(lab, tree):
    view, nb = tree
    page = view.page
    cells = nb.cell_count()
    view.tree.focus()
    page.keyboard.press("End")
    expect(view.status).to_contain_text("turn 4 of main")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(view.status).to_contain_text("turn 2 of other browser")
    page.keyboard.press("Enter")
    view.expect_branch("other browser")
    for key in ("+", "-", "0", "n", "a", "b", "d", "d", "x"):
        page.keyboard.press(key)
    assert view.keyboard() == "Tree of branches"
    page.keyboard.press("Escape")
    expect(view.tree).to_have_count(0)
    assert view.keyboard() == "Tree"
    assert nb.cell_count() == cells
    # The key opens it again, and the keyboard is in it.
    view.row(1).get_by_role("gridcell").first.focus()
    page.keyboard.press("t")
    expect(view.tree).to_be_focused()


def test_it_is_moved_by_dragging_and_zoomed(tree):
    view, _ = tree
    shape = view.tree.get_by_role("treeitem").first

    def left() -> float:
        box = shape.bounding_box()
        assert box
        return box["x"]

    frame = view.tree.bounding_box()
    assert frame
    before = left()
    middle = frame["x"] + frame["width"] / 2, frame["y"] + 10
    view.button("Zoom in").click()
    view.button("Zoom in").click()
    zoomed = shape.bounding_box()
    assert zoomed
    assert zoomed["width"] > 30
    view.page.mouse.move(*middle)
    view.page.mouse.down()
    view.page.mouse.move(middle[0] + 200, middle[1], steps=4)
    view.page.mouse.up()
    assert left() > before
    view.expect_branch("main")  # a drag is no click
    view.button("Whole tree").click()
    box = shape.bounding_box()
    assert box
    assert box["width"] < 30


def test_two_hundred_branches_are_drawn_and_gone_through(lab, notebook):
    nb = notebook(MANY, FORKS)
    nb.run_all()
    view = View(nb.inspector(1))
    view.open_panel("Tree")
    expect(view.tree.get_by_role("treeitem")).not_to_have_count(0)
    expect(view.region).to_contain_text("201 branches, 240 turns")
    view.button("Whole tree").click()
    view.region.get_by_role("searchbox", name="Find in tree").fill("what if 137?")
    expect(view.region).to_contain_text("1 found")
    view.region.get_by_role("searchbox", name="Find in tree").press("Enter")
    view.expect_branch("fork 137")
    view.tree.focus()
    view.page.keyboard.press("Home")
    view.page.keyboard.press("Enter")
    expect(view.row(0).get_by_role("gridcell").first).to_have_attribute("tabindex", "0")
    assert lab.errors() == []
