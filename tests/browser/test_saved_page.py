"""A saved page in a browser, from a file and offline: it reads, searches and navigates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dspy
import pytest
from browser.hostile import HOSTILE
from browser.view import View
from playwright.sync_api import Page, expect

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


def test_a_saved_page_edits_nothing(saved, chat):
    view = saved.open(chat)
    detail = view.expand(0)
    expect(detail.get_by_role("button", name="Fork here")).to_be_disabled()
    expect(detail.get_by_role("button", name="Re-run")).to_be_disabled()
    expect(detail.get_by_role("button", name="edit label")).to_be_disabled()
    expect(detail.get_by_role("button", name="edit note")).to_be_disabled()
    expect(view.button("Undo")).to_be_disabled()
    expect(saved.page.get_by_text("this conversation is for reading")).to_be_visible()
    view.cell(0, "reply").dblclick()
    expect(saved.page.get_by_role("textbox", name="Edit reply of turn 0")).to_have_count(0)


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
