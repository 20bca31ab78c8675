"""A notebook that was saved, and an HTML page made of it, show the transcript without a kernel."""

from __future__ import annotations

from collections.abc import Iterator

import dspy
import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect

from dspy_session import sessionify
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, demo_lm


@pytest.fixture
def page(browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def test_nbconvert_shows_the_transcript_offline(page, tmp_path):
    hostile = "<img src=x onerror=window.hit=1></script>"
    with dspy.context(lm=demo_lm()):
        chat = sessionify(SupportAgent())
        chat(question=LOGIN_TROUBLE[0])
        chat(question=hostile)
    shown, metadata = chat._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell("chat")
    cell.outputs = [nbformat.v4.new_output("execute_result", data=shown, metadata=metadata)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    body, _ = HTMLExporter().from_notebook_node(notebook)
    path = tmp_path / "notebook.html"
    path.write_text(body, encoding="utf-8")
    page.goto(path.as_uri())
    expect(page.get_by_text("SupportAgent").first).to_be_visible()
    turn = page.get_by_text(LOGIN_TROUBLE[0][:20]).first
    expect(turn).to_be_visible()
    turn.click()
    expect(page.get_by_text("reply").first).to_be_visible()
    expect(page.get_by_text(hostile[:20]).first).to_be_visible()
    assert page.evaluate("window.hit") is None
