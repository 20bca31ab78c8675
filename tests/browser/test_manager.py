"""The table of stored sessions: looked through, opened, put aside, taken away; mouse and keys."""

from __future__ import annotations

import re

import pytest
from browser.accessibility import violations
from browser.scenes import IN_LAB
from browser.view import View
from playwright.sync_api import Locator, expect

STORED = """\
import dspy
from dspy_session import SessionManager, sessionify
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, demo_lm
dspy.configure(lm=demo_lm(word_seconds=0))
manager = SessionManager("sqlite:///sessions.db", program=SupportAgent())
manager.clear_all(confirm=True)
for number in range(120):
    session = manager.create_session(f"user-{number % 3}", f"session-{number}", {"channel": "web"})
    session.add_message("user", f"Question {number}: where is my invoice?")
    session.add_message("assistant", "It is in the mail.")
    manager.save(session)
mia = manager.create_session("mia", "mia-1", {"channel": "phone", "plan": "pro"})
chat = manager.open("mia-1")
for question in LOGIN_TROUBLE[:3]:
    chat(question=question)
chat.fork(at=1, name="what-if")
manager.archive("session-119")"""

HOSTILE = """\
bad = "<img src=x onerror=window.hit=1> \\u202e '; DROP TABLE turns; --"
session = manager.create_session(bad, bad, {"x": bad})
session.add_message("user", bad)
session.add_message("assistant", bad)
manager.save(session)"""


class Table:
    """The table as a person finds it."""

    def __init__(self, output: Locator) -> None:
        self.region = output.get_by_role("region", name="Stored sessions")
        self.page = output.page
        self.rows = self.region.locator("tbody").get_by_role("row")
        self.search = self.region.get_by_role("searchbox", name="Search sessions")
        self.user = self.region.get_by_role("combobox", name="User")
        self.status = self.region.get_by_role("combobox", name="Status")
        self.says = self.region.get_by_role("status", name="Status").first

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    def opener(self, session_id: str) -> Locator:
        return self.button(f"Open session {session_id}")

    def open(self, session_id: str) -> View:
        self.opener(session_id).click()
        return self.inspector(session_id)

    def inspector(self, session_id: str) -> View:
        opened = self.region.get_by_role("region", name=f"Session {session_id}")
        region = opened.get_by_role("region", name="Session inspector")
        expect(region).to_be_visible()
        return View(region)


@pytest.fixture
def shown(lab, notebook):
    def show(*more: str) -> Table:
        nb = notebook(STORED, *more, "manager")
        nb.run_all()
        table = Table(nb.output(len(more) + 1))
        expect(table.region).to_be_visible()
        return table

    yield show
    assert lab.errors() == []


def test_a_session_is_found_and_opened_and_goes_on(shown, lab):
    table = shown()
    expect(table.rows).to_have_count(50)
    table.search.fill("arrived")
    expect(table.rows).to_have_count(1)
    view = table.open("mia-1")
    view.expect_turns(3)
    view.send("What have we tried so far?")
    view.expect_turns(4)
    expect(view.status).not_to_contain_text("⚠")
    view.edit(0, "reply", "Which address do you use?")
    table.button("Read again").click()
    expect(table.rows.first).to_contain_text("4")
    table.button("Close").click()
    expect(view.region).to_have_count(0)
    again = table.open("mia-1")
    again.expect_turns(4)
    expect(again.cell(0, "reply")).to_contain_text("Which address do you use?")


@IN_LAB
def test_sessions_are_filtered_by_text_id_user_and_status(shown):
    table = shown()
    table.search.fill("QUESTION 117:")
    expect(table.rows).to_have_count(1)
    expect(table.rows.first).to_contain_text("session-117")
    table.search.fill("mia-1")
    expect(table.rows.first).to_contain_text("channel: phone")
    table.search.fill("nobody said this")
    expect(table.region).to_contain_text("No session fits.")
    table.search.press("Escape")
    expect(table.rows).to_have_count(50)
    table.user.fill("user-2")
    table.status.select_option("archived")
    expect(table.rows).to_have_count(1)
    expect(table.rows.first).to_contain_text("session-119")
    table.status.select_option("active")
    expect(table.rows).to_have_count(39)


@IN_LAB
def test_the_list_goes_on_as_one_scrolls(shown):
    table = shown()
    expect(table.rows).to_have_count(50)
    table.rows.last.scroll_into_view_if_needed()
    expect(table.rows).to_have_count(100)
    table.button("Show more sessions").click()
    expect(table.rows).to_have_count(121)
    expect(table.button("Show more sessions")).to_have_count(0)


@IN_LAB
def test_the_keyboard_alone_opens_and_closes(shown):
    table = shown()
    table.search.focus()
    table.page.keyboard.type("arrived")
    expect(table.rows).to_have_count(1)
    table.page.keyboard.press("Escape")
    expect(table.rows).to_have_count(50)
    table.opener("mia-1").focus()
    table.page.keyboard.press("ArrowDown")
    expect(table.opener("session-119")).to_be_focused()
    table.page.keyboard.press("End")
    expect(table.rows).to_have_count(100)
    table.page.keyboard.press("Home")
    expect(table.opener("mia-1")).to_be_focused()
    table.page.keyboard.press("Enter")
    view = table.inspector("mia-1")
    view.expect_turns(3)
    for key in ("a", "b", "d", "d"):
        table.page.keyboard.press(key)
    expect(table.page.locator(".jp-CodeCell")).to_have_count(2)
    table.page.keyboard.press("Escape")
    expect(view.region).to_have_count(0)
    expect(table.opener("mia-1")).to_be_focused()


@IN_LAB
def test_a_session_is_put_aside_taken_back_and_deleted(shown):
    table = shown()
    view = table.open("session-118")
    table.button("Archive").click()
    expect(table.says).to_contain_text("session-118 is archived.")
    expect(table.rows.filter(has_text="session-118")).to_contain_text("archived")
    table.button("Unarchive").click()
    expect(table.button("Archive")).to_be_visible()
    table.button("Delete …").click()
    table.button("Keep").click()
    table.button("Delete …").click()
    table.button("Delete for good").click()
    expect(table.says).to_contain_text("session-118 is deleted.")
    expect(table.opener("session-118")).to_have_count(0)
    expect(view.region).to_have_count(0)


@IN_LAB
def test_what_python_does_shows_up(shown, notebook, lab):
    nb = notebook(STORED, "manager", "manager.delete('mia-1')")
    nb.run_all()
    table = Table(nb.output(1))
    expect(table.opener("session-118")).to_be_visible()
    expect(table.opener("mia-1")).to_have_count(0)


@IN_LAB
def test_hostile_ids_and_texts_are_shown_and_do_nothing(shown, lab):
    table = shown(HOSTILE)
    row = table.rows.first
    expect(row).to_contain_text("DROP TABLE")
    row.get_by_role("button").click()
    expect(table.region.get_by_role("region", name="Session inspector")).to_be_visible()
    assert table.region.locator("img").count() == 0
    assert lab.page.evaluate("window.hit") is None
    assert table.region.evaluate("el => el.scrollWidth - el.clientWidth") <= 1


@IN_LAB
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(shown, lab, theme):
    table = shown()
    lab.set_theme(theme)
    assert violations(table.region) == []
    table.open("mia-1").expect_turns(3)
    assert violations(table.region) == []
    table.button("Delete …").click()
    assert violations(table.region) == []
    table.search.fill("nobody said this")
    expect(table.region).to_contain_text("No session fits.")
    assert violations(table.region) == []
    lab.set_theme("JupyterLab Light")


@IN_LAB
def test_nothing_is_cut_off_in_a_narrow_cell(shown, lab):
    lab.page.set_viewport_size({"width": 640, "height": 900})
    table = shown()
    table.open("mia-1").expect_turns(3)
    assert table.region.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
    assert table.region.locator(".list").evaluate("el => el.scrollWidth - el.clientWidth") <= 1
    expect(table.rows.first).to_contain_text(re.compile("mia-1"))
    lab.page.set_viewport_size({"width": 1280, "height": 900})
