"""Large conversations read like small ones: 200 branches, fields of a megabyte, many new turns."""

from __future__ import annotations

import re

from browser.frames import while_wheeling
from browser.scenes import IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

LONG = recorded(
    "question -> answer",
    "[({'question': f'q{n}'}, {'answer': f'a{n}'}) for n in range(4_000)]",
)
SCORED = """\
inspector = chat.inspect()
inspector.score_turns({n: (n % 5) / 4 for n in range(4_000)})"""
FORKS = """\
for number in range(199):
    fork = chat.fork(number * 20, name=f"fork {number}")
    fork.add_turn({"question": f"what if {number}?"}, {"answer": f"Then {number}."})
inspector"""
GROW = """\
for n in range(2_000):
    chat.add_turn({"question": f"more {n}"}, {"answer": "quickly"})"""

MEGABYTES = recorded(
    "question -> answer",
    "[({'question': f'q{n} ' + words}, {'answer': f'a{n} ' + words}) for n in range(12)]",
    more="words = 'Because of this and that, and más. ' * 28_000",
)
OTHERWISE = """\
other = chat.fork(11, name="other")
other.add_turn({"question": f"q11 {words}"}, {"answer": f"a11 not {words}"})
chat"""


def messages(lab):
    """Comm messages to the kernel, and from it."""
    return lab.traffic.messages["→comm_msg"], lab.traffic.messages["←comm_msg"]


def test_two_hundred_branches_are_chosen_drawn_and_compared(lab, notebook):
    nb = notebook(LONG, SCORED, FORKS)
    nb.run_all()
    view = View(nb.inspector(2))
    view.expect_turns(4_000)
    expect(view.branch.get_by_role("option")).to_have_count(200)
    view.go_to("fork 150")
    view.expect_turns(3_001)
    view.go_to("main")
    view.expect_turns(4_000)
    view.open_panel("Tree")
    expect(view.region).to_contain_text("200 branches, 4,199 turns")
    view.region.get_by_role("searchbox", name="Find in tree").fill("what if 77?")
    expect(view.region).to_contain_text("1 found")
    view.region.get_by_role("searchbox", name="Find in tree").press("Enter")
    view.expect_branch("fork 77")
    panel = view.open_panel("Compare")
    expect(panel).to_contain_text("1,540 shared")
    panel.get_by_role("button", name="Next difference").click()
    expect(panel).to_contain_text("what if 77?")
    assert lab.errors() == []


def test_fast_scrolling_and_fast_growing_conversations_are_asked_for_in_few_messages(lab, notebook):
    nb = notebook(LONG, SCORED, "inspector", GROW)
    for cell in range(3):
        nb.run_cell(cell)
    view = View(nb.inspector(2))
    view.expect_turns(4_000)
    view.turns.scroll_into_view_if_needed()
    lab.traffic.reset()
    while_wheeling(view.turns, 200, 3)
    asked, _ = messages(lab)
    # 36,000 px are about a thousand rows, that is twenty pages of 50.
    assert 0 < asked <= 40
    lab.traffic.reset()
    nb.run_cell(3)
    view.expect_turns(6_000)
    asked, answered = messages(lab)
    # Two thousand changes; ten times a second the page hears that there are some.
    assert 0 < asked < 200
    assert answered < 400
    assert lab.errors() == []


def test_fields_of_a_megabyte_travel_as_far_as_they_are_read(lab, notebook):
    nb = notebook(MEGABYTES, OTHERWISE)
    nb.run_cell(0)
    lab.traffic.reset()
    nb.run_cell(1)
    view = View(nb.inspector(1))
    expect(view.row(0)).to_contain_text("q0 Because of this")
    assert lab.traffic.received < 500_000
    detail = view.expand(0)
    more = detail.get_by_role("button", name=re.compile("Show .* more"))
    expect(more.first).to_be_visible()
    assert lab.traffic.received < 1_500_000
    before = detail.inner_text()
    more.first.click()
    expect(detail.get_by_role("button", name="Show less").first).to_be_visible()
    assert len(detail.inner_text()) > len(before) + 100_000
    view.button("Collapse turn 0").click()
    view.turns.evaluate("el => { el.scrollTop = el.scrollHeight; }")
    detail = view.expand(11)
    detail.get_by_role("tab", name="History as seen (11)").click()
    expect(detail).to_contain_text("turn 0")
    expect(
        detail.get_by_role("button", name=re.compile(r"Show \d+ more messages of"))
    ).to_be_visible()
    panel = view.open_panel("Compare")
    expect(panel).to_contain_text("11 shared, 1 differ")
    expect(panel.locator("ins").first).to_contain_text("not")
    assert lab.traffic.received < 4_000_000
    assert lab.errors() == []
