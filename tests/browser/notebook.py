"""The notebook that a page shows: run cells, find outputs, wait until the kernel is done.

A kernel's ``idle`` says little: it is idle before a request is picked up, and with subshells a
widget's message makes it report idle while a cell still runs. So the ``run_*`` verbs wait for a new
execution count on every cell they ran, then for no running cell.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, expect

if TYPE_CHECKING:
    from .lab import Lab

CELL_S = 120.0

_CELLS = "window.jupyterapp.shell.currentWidget.content.widgets"
_KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
_FINISHED = f"""before => {{
  const cells = {_CELLS};
  const failed = cells.some(c => c.model.type === 'code'
    && c.model.outputs.toJSON().some(o => o.output_type === 'error'));
  return failed || before.every(([i, count]) => {{
    const {{ type, executionCount, sharedModel }} = cells[i].model;
    return type !== 'code' || !sharedModel.getSource().trim()
      || (executionCount !== null && executionCount !== count);
  }});
}}"""
_IDLE = f"""() => {_KERNEL}?.status === 'idle'
  && !{_CELLS}.some(c => c.model.type === 'code' && c.model.executionState === 'running')"""
_FAILURES = f"""() => {_CELLS}.filter(c => c.model.type === 'code')
  .flatMap(c => c.model.outputs.toJSON()).filter(o => o.output_type === 'error')
  .map(o => `${{o.ename}}: ${{o.evalue}}`)"""


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells and return its path."""
    body = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{i}",
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(body, indent=1))
    return path


class Notebook:
    """The notebook shown in the page. Cells are addressed by position, 0 = first."""

    def __init__(self, lab: Lab, path: str) -> None:
        self.lab, self.page, self.path = lab, lab.page, path

    @property
    def root(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:visible")

    def cell(self, index: int) -> Locator:
        return self.root.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-OutputArea")

    def inspector(self, index: int) -> Locator:
        """The session inspector in a cell's output, once it is there."""
        region = self.output(index).get_by_role("region", name="Session inspector")
        expect(region).to_be_visible(timeout=30_000)
        return region

    def run_all(self, *, wait: bool = True, timeout: float = CELL_S) -> None:
        """Run every cell; raises when one fails."""
        before = dict(enumerate(self._counts()))
        self.lab.command("notebook:run-all-cells", wait=False)
        if wait:
            self._finished(before, timeout)

    def run_cell(self, index: int, *, wait: bool = True, timeout: float = CELL_S) -> None:
        """Run one cell as a person would: click into it, Shift+Enter."""
        before = {index: self._counts()[index]}
        self.cell(index).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")
        if wait:
            self._finished(before, timeout)
        else:  # at least until it is under way
            expect(self.cell(index)).to_contain_text("[*]")

    def cell_count(self) -> int:
        return len(self._counts())

    def sources(self) -> list[str]:
        """What stands in every cell."""
        return self.page.evaluate(f"() => {_CELLS}.map(c => c.model.sharedModel.getSource())")

    def text(self, index: int) -> str:
        """What a cell put out, as text."""
        return self.output(index).inner_text()

    def kernel_status(self) -> str:
        return self.page.evaluate(f"() => {_KERNEL}?.status ?? 'none'")

    def restart_kernel(self) -> None:
        """Restart through the application's command and its dialog; outputs stay."""
        # The new kernel counts from 1 again: a cell run once more might get the count it had.
        self.page.evaluate(f"() => {_CELLS}.forEach(c => {{ c.model.executionCount = null; }})")
        self.lab.command("notebook:restart-kernel", wait=False)
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.wait_idle()

    def interrupt_kernel(self) -> None:
        self.lab.command("notebook:interrupt-kernel")

    def wait_idle(self, timeout: float = CELL_S) -> None:
        """Wait until no cell is queued or running and the kernel reports idle."""
        self.page.wait_for_function(_IDLE, timeout=timeout * 1000)

    def failures(self) -> list[str]:
        """``ename: evalue`` of every error output now in the notebook."""
        return self.page.evaluate(_FAILURES)

    def save(self) -> dict[str, Any]:
        """Save through the application and return what the file now holds."""
        self.lab.command("docmanager:save")
        return json.loads((self.lab.root / self.path).read_text())

    def close(self) -> None:
        self.lab.command("application:close")

    def _counts(self) -> list[int | None]:
        return self.page.evaluate(f"() => {_CELLS}.map(c => c.model.executionCount ?? null)")

    def _finished(self, before: dict[int, int | None], timeout: float) -> None:
        self.page.wait_for_function(_FINISHED, arg=list(before.items()), timeout=timeout * 1000)
        self.wait_idle(timeout=timeout)
        if failures := self.failures():
            raise CellFailedError("; ".join(failures))


class CellFailedError(AssertionError):
    """A cell ended with an error, so that a test ends here and not in a time-out."""
