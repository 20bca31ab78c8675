"""marimo runs the inspector's widget: what is clicked there reaches the kernel, and comes back."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from browser.view import View
from playwright.sync_api import Error, Page, expect

APP = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import dspy
    import marimo as mo
    from dspy_session import sessionify
    from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, demo_lm, helpful

    dspy.configure(lm=demo_lm(word_seconds=0))
    chat = sessionify(SupportAgent())
    for question in LOGIN_TROUBLE:
        chat(question=question)
    mo.ui.anywidget(chat.inspect(metrics=[helpful]).widget)
    return
"""


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    (tmp_path / "app.py").write_text(APP)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "marimo", "run", "app.py", *options]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait()


@pytest.fixture
def page(browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def open_when_there(page: Page, address: str) -> None:
    for _ in range(100):
        with suppress(Error):  # as long as the server is starting
            page.goto(address)
            return
        page.wait_for_timeout(300)


def test_the_inspector_reads_edits_and_sends_in_marimo(page, address):
    open_when_there(page, address)
    view = View(page.get_by_role("region", name="Session inspector"))
    expect(view.region).to_be_visible(timeout=60_000)
    view.expect_turns(5)
    expect(view.expand(0)).to_contain_text("classify")
    view.edit(1, "reply", "Check your spam folder.")
    expect(view.cell(1, "reply")).to_contain_text("Check your spam folder.")
    view.button("Undo").click()
    expect(view.cell(1, "reply")).not_to_contain_text("Check your spam folder.")
    view.send("It works in another browser.")
    view.expect_turns(6)
