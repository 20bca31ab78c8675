"""One server and page for the whole run, in both front ends; a fresh notebook for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.lab import Lab, running_browser
from browser.notebook import Notebook, write_notebook
from browser.scenes import CHAT, SHOW
from browser.view import View
from playwright.sync_api import Browser

SHOTS = Path(__file__).parent / "shots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep a picture and the console of the page on which a test failed."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.when == "call" and report.failed and isinstance(lab, Lab):
        name = "".join(c if c.isalnum() else "-" for c in item.name).strip("-")
        shot = lab.screenshot(SHOTS / f"{name}.png")
        report.sections.append(("page", "\n".join([f"picture: {shot}", *lab.console[-20:]])))
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="session", params=["lab", "notebook"])
def lab(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("jupyter")
    with Lab(folder, app=request.param, browser=browser) as running:
        yield running


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Notebook]]:
    """Call with the cells' sources; returns the open notebook, not run yet."""
    opened: list[Notebook] = []

    def open_(*cells: str) -> Notebook:
        name = f"{request.node.originalname}-{len(opened)}.ipynb"
        write_notebook(lab.root / name, *cells)
        lab.traffic.reset()
        opened.append(lab.open_notebook(name))
        return opened[-1]

    yield open_
    lab.server.end_sessions()


@pytest.fixture
def view(lab: Lab, notebook: Callable[..., Notebook]) -> Iterator[View]:
    """The demo conversation of five turns, shown by the second of two cells."""
    nb = notebook(CHAT, SHOW)
    nb.run_all()
    yield View(nb.inspector(1))
    assert lab.errors() == []
