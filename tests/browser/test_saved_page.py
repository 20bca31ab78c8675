"""A saved page in a browser, from a file and offline: it reads, searches and navigates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import dspy
import pytest
from browser.accessibility import violations
from browser.hostile import HOSTILE
from browser.view import View
from playwright.sync_api import Locator, Page, expect

from dspy_session import Session, sessionify
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, demo_lm, helpful

EDITED = "Please check your spam folder, Mia."


class Saved:
    """Pages of a browser that has no network; what they ask for and say is kept."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, session: Session) -> View:
        path = session.inspect().save_html(self.folder / "chat.html")
        self.asked.clear()
        self.page.goto(path.as_uri())
        return View(self.page.locator("body"))

    @property
    def fetched(self) -> list[str]:
        """Whatever was asked for beside the file itself."""
        return [url for url in self.asked if not url.endswith("/chat.html")]


@pytest.fixture
def saved(browser, tmp_path) -> Iterator[Saved]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    yield Saved(page, tmp_path)
    context.close()


@pytest.fixture
def chat() -> Iterator[Session]:
    with dspy.context(lm=demo_lm()):
        session = sessionify(SupportAgent())
        for question in LOGIN_TROUBLE:
            session(question=question)
        inspector = session.inspect(metrics=[helpful])
        inspector.rescore("helpful")
        inspector.edit(1, reply=EDITED)
        inspector.label(0, "greeting")
        inspector.fork(2, name="other browser")
        inspector.send(question="It works in another browser.")
        inspector.switch("main")
        yield session


def test_a_saved_page_shows_every_branch_and_fetches_nothing(saved, chat):
    view = saved.open(chat)
    view.expect_turns(len(LOGIN_TROUBLE))
    expect(view.cell(1, "reply")).to_contain_text(EDITED)
    expect(view.cell(0, "label")).to_contain_text("greeting")
    view.go_to("other browser")
    view.expect_turns(3)
    expect(view.cell(2, "question")).to_contain_text("another browser")
    assert saved.fetched == []
    assert saved.said == []


def test_a_saved_turn_opens_with_its_history_prompt_and_nested_calls(saved, chat):
    view = saved.open(chat)
    detail = view.expand(3)
    expect(detail).to_contain_text("stale")
    detail.get_by_role("tab", name="History as seen").click()
    expect(detail).to_contain_text("turn 2")
    detail.get_by_role("tab", name="History as it is now").click()
    expect(detail).to_contain_text(EDITED[-8:])
    detail.get_by_role("tab", name="Prompt").click()
    expect(detail).to_contain_text("Your input fields are")
    detail.get_by_role("button", name="classify").first.click()
    expect(detail.get_by_text("history message").first).to_be_visible()
    assert saved.said == []


def test_a_saved_page_is_searched_and_filtered(saved, chat):
    view = saved.open(chat)
    view.search.fill("spam folder, Mia")
    expect(view.row(1)).to_contain_text(EDITED)
    expect(view.row(0)).to_have_count(0)


def test_a_click_means_the_row_that_was_pressed_though_others_came_meanwhile(saved, chat):
    view = saved.open(chat)
    view.expand(0)
    view.button("Collapse turn 0").click()  # what acts is loaded
    view.button("Expand turn 3").hover()
    saved.page.mouse.down()
    view.search.evaluate(
        "box => { box.value = 'not in spam'; box.dispatchEvent(new Event('input')); }"
    )
    saved.page.wait_for_timeout(400)  # the search begins 200 ms after the last letter
    saved.page.mouse.up()
    expect(view.button("Collapse turn 3")).to_be_visible()
    expect(view.row(0)).to_have_count(0)


READING = {
    *("Tree", "Compare", "Filter", "Scores", "Nodes", "Help", "Show all", "Show only these"),
    *("as numbers", "Copy code", "Edited", "Original", "Diff", "Prompt sent", "⇄ Swap"),
    *("Previous difference", "Next difference", "Zoom in", "Zoom out", "Whole tree"),
}
"""Names of buttons and tabs that a saved page may have, beside those that open and show."""


def test_nothing_is_there_that_could_not_act(saved, chat):
    view = saved.open(chat)
    view.expand(1).get_by_role("button", name="classify").first.click()
    for panel in (None, "Filter", "Help", *VIEWS):
        if panel:
            view.button(panel).click()
            wait_for(view, panel)
        shown = view.region.get_by_role("button").or_(view.region.get_by_role("tab"))
        names = [one.get_attribute("aria-label") or one.inner_text() for one in shown.all()]
        plain = [re.sub(r"^[▸▾↑↓] ", "", name) for name in names]
        opens = re.compile(
            r"(Expand|Collapse|Show|Previous|Next|History|Markdown for|turn|=|classify|respond) ?"
        )
        unknown = [name for name in plain if name not in READING and not opens.match(name)]
        assert unknown == [], panel
        if panel:
            view.button(panel).click()
    expect(saved.page.get_by_text("this conversation is for reading")).to_be_visible()
    view.cell(0, "reply").dblclick()
    expect(view.status).to_contain_text("for reading")
    for key in ("e", "F2", "x", "f", "r", "s", "l", "Control+z", "3", "+"):
        saved.page.keyboard.press(key)
    expect(saved.page.get_by_role("textbox")).to_have_count(0)
    expect(view.row(0)).to_be_visible()
    assert saved.said == []


def test_branches_are_compared(saved, chat):
    view = saved.open(chat)
    grid = open_view(view, "Compare")
    expect(grid).to_have_accessible_name("main and other browser")
    expect(grid.get_by_role("row").filter(has_text="another browser")).to_contain_text("helpful")
    view.button("Next difference").click()
    expect(grid.get_by_role("row").filter(has_text="≠").first).to_be_focused()
    view.button("⇄ Swap").click()
    expect(grid).to_have_accessible_name("other browser and main")
    assert saved.said == saved.fetched == []


def test_scores_are_drawn_and_a_threshold_shows_what_it_keeps(saved, chat):
    view = saved.open(chat)
    slider = open_view(view, "Scores")
    panel = view.region.get_by_role("region", name="Scores")
    expect(panel).to_contain_text("5 of 5 turns scored")
    expect(panel).to_contain_text("keeps 5 of 5 turns")
    slider.press("End")
    expect(panel).not_to_contain_text("keeps 5 of 5 turns")
    panel.get_by_role("button", name="Show only these").click()
    expect(panel).to_contain_text("keeps")
    view.button("Scores").click()
    expect(view.row(1)).to_have_count(0)
    assert saved.said == saved.fetched == []


def test_nodes_and_their_ledgers_are_read(saved, chat):
    view = saved.open(chat)
    open_view(view, "Nodes")
    panel = view.region.get_by_role("region", name="Nodes")
    panel.get_by_role("button", name="respond").click()
    calls = panel.get_by_role("list", name="Calls of respond")
    expect(calls.get_by_role("listitem")).to_have_count(len(LOGIN_TROUBLE))
    calls.get_by_role("button", name="turn 1").click()
    expect(calls).to_contain_text("history message")
    expect(panel.get_by_role("textbox")).to_have_count(0)
    assert saved.said == saved.fetched == []


def test_the_tree_is_seen_from_the_branch_that_is_shown(saved, chat):
    view = saved.open(chat)
    view.go_to("other browser")
    open_view(view, "Tree")
    view.region.get_by_role("searchbox", name="Find in tree").fill("another browser")
    expect(view.region.get_by_role("region", name="Tree")).to_contain_text("1 found")
    assert saved.said == saved.fetched == []


VIEWS = {"Tree": "tree", "Compare": "grid", "Scores": "slider", "Nodes": "list"}
"""Name of each view to the role of what it shows when it is there."""


def open_view(view: View, name: str) -> Locator:
    view.button(name).click()
    return wait_for(view, name)


def wait_for(view: View, name: str) -> Locator:
    role = VIEWS.get(name, "group" if name == "Filter" else "region")
    there = view.region.get_by_role(role).first  # type: ignore[arg-type]
    expect(there).to_be_visible()
    return there


@pytest.mark.parametrize("width", [600, 1600])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_reads_well(saved, chat, theme, width):
    saved.page.emulate_media(color_scheme=theme)
    saved.page.set_viewport_size({"width": width, "height": 900})
    view = saved.open(chat)
    view.expand(1)
    for name in (None, "Filter", "Help", *VIEWS):
        if name:
            view.button(name).click()
            wait_for(view, name)
        assert violations(saved.page.locator("html")) == [], name
        sizes = "[document.documentElement.scrollWidth, innerWidth]"
        shown = saved.page.evaluate(sizes)
        assert shown[0] <= shown[1], name
        if name:
            view.button(name).click()
    assert saved.said == saved.fetched == []


def test_hostile_text_in_a_saved_page_is_shown_and_does_nothing(saved):
    assert len(HOSTILE) >= 40
    session = Session(dspy.Predict("question -> answer"))
    for name, text in HOSTILE.items():
        session.add_turn({"question": f"{name}: {text}"}, {"answer": text})
    session.rename("<img src=x onerror=window.hit=1>")
    view = saved.open(session)
    view.expect_turns(len(HOSTILE))
    for index, name in enumerate(HOSTILE):
        view.search.fill(f"{name}: ")
        expect(view.row(index)).to_be_visible()
        found = saved.page.evaluate("window.hit")
        assert found is None, name
    view.search.fill("")
    view.expect_turns(len(HOSTILE))
    assert saved.page.locator("iframe, object, embed, h1, video").count() == 0
    assert saved.fetched == []
    wide = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    shown = saved.page.evaluate(wide)
    assert shown[0] <= shown[1]


def test_the_file_alone_shows_the_transcript_where_nothing_runs(browser, chat, tmp_path):
    path = chat.inspect().save_html(tmp_path / "chat.html")
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.get_by_text("SupportAgent")).to_be_visible()
    expect(page.get_by_text(EDITED[:20]).first).to_be_attached()
    context.close()
