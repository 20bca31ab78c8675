"""A real JupyterLab (or Notebook 7) in a real headless Chromium.

with Lab(folder) as lab:
    write_notebook(lab.root / "demo.ipynb", "chat")
    nb = lab.open_notebook("demo.ipynb")
    nb.run_all()
    nb.inspector(0).get_by_role("button", name="Fork here").click()
    lab.screenshot(folder / "demo.png")
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from . import chromium
from .notebook import Notebook
from .server import App, JupyterServer, Settings
from .traffic import Traffic

OPEN_S = 120.0

ARGUMENTS = [
    "--no-sandbox",  # the tests run as root in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
]


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser for the body; Playwright allows one at a time in a thread."""
    if (path := chromium.find()) is None:
        raise RuntimeError(chromium.MISSING.format(names=", ".join(chromium.NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


class Lab(contextlib.AbstractContextManager["Lab"]):
    """A server and one page on it. ``console`` collects what the page says."""

    def __init__(
        self,
        root: Path,
        *,
        app: App = "lab",
        settings: Settings | None = None,
        viewport: tuple[int, int] = (1280, 900),
        browser: Browser | None = None,
    ) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        self.app, self.viewport, self.browser = app, viewport, browser
        self.server = JupyterServer(self.root, app=app, settings=settings)
        self.console: list[str] = []
        self.timings: dict[str, float] = {}

    def __enter__(self) -> Lab:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.server)
            self.page = self._open_browser(stack)
            self.traffic = Traffic(self.page)
            self.cdp = self.page.context.new_cdp_session(self.page)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _open_browser(self, stack: contextlib.ExitStack) -> Page:
        browser = self.browser or stack.enter_context(running_browser())
        width, height = self.viewport
        context = browser.new_context(
            viewport={"width": width, "height": height},
            permissions=["clipboard-read", "clipboard-write"],
        )
        stack.callback(context.close)
        page = context.new_page()
        page.on("console", lambda m: self.console.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda e: self.console.append(f"pageerror: {e}"))
        return page

    # -- the application --------------------------------------------------------------------------

    def open_notebook(self, path: str, *, timeout: float = OPEN_S) -> Notebook:
        """Open a notebook (relative to the root) and wait for a live kernel."""
        started = time.perf_counter()
        self.page.goto(self.server.address(path), wait_until="domcontentloaded")
        panel = "window.jupyterapp?.shell?.currentWidget"
        self.page.wait_for_function(f"() => {panel}?.context?.isReady", timeout=timeout * 1000)
        self.timings["notebook_shown_s"] = round(time.perf_counter() - started, 2)
        self.page.wait_for_function(
            f"() => ['idle', 'busy'].includes({panel}.sessionContext?.session?.kernel?.status)",
            timeout=timeout * 1000,
        )
        self.timings["kernel_ready_s"] = round(time.perf_counter() - started, 2)
        self.console.clear()  # the application's own complaints while it starts
        return Notebook(self, path)

    def command(self, name: str, args: dict[str, Any] | None = None, *, wait: bool = True) -> None:
        """Execute an application command; by default wait for its promise."""
        execute = "window.jupyterapp.commands.execute(n, a)"
        script = f"async ([n, a]) => {{ {'await ' if wait else ''}{execute}; }}"
        self.page.evaluate(script, [name, args or {}])

    def set_theme(self, name: str) -> None:
        """Switch the theme live: ``JupyterLab Dark``, ``JupyterLab Light``, …"""
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_selector(f'body[data-jp-theme-name="{name}"]', state="attached")

    # -- what the page did and looks like ---------------------------------------------------------

    def errors(self) -> list[str]:
        """Console errors and uncaught exceptions since the notebook was opened."""
        return [line for line in self.console if line.startswith(("error", "pageerror"))]

    def screenshot(self, path: Path) -> Path:
        """Capture the viewport through CDP: Playwright's own would wait for fonts."""
        shot = self.cdp.send("Page.captureScreenshot", {"format": "png"})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def heap_mb(self) -> float:
        """The page's live JavaScript heap after a forced collection, without array buffers."""
        self.cdp.send("HeapProfiler.enable")
        self.cdp.send("HeapProfiler.collectGarbage")
        return round(self.cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6, 1)

    def dom_nodes(self) -> int:
        """Elements in the document, shadow roots left out."""
        return self.page.evaluate("document.getElementsByTagName('*').length")
