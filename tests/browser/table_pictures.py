"""Takes pictures of the table of stored sessions, in both themes and narrow, to look at.

``python -m browser.table_pictures`` writes tests/browser/shots/states/sessions-*.png.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from browser.lab import Lab
from browser.notebook import write_notebook
from browser.screenshots import STATES, crop
from browser.test_manager import HOSTILE, STORED, Table


def opened(lab: Lab) -> Table:
    """The table as it comes, under a new kernel, in a page without side bar."""
    lab.server.end_sessions()
    notebook = lab.open_notebook("sessions.ipynb")
    if lab.page.locator(".jp-SidePanel:visible, #jp-left-stack:visible").count():
        lab.command("application:toggle-left-area")
    notebook.run_all()
    return Table(notebook.output(2))


def main() -> None:
    with Lab(Path(tempfile.mkdtemp(prefix="screenshots-")), viewport=(1280, 1400)) as lab:
        write_notebook(lab.root / "sessions.ipynb", STORED, HOSTILE, "manager")
        for theme in ("Light", "Dark"):
            table = opened(lab)
            lab.set_theme(f"JupyterLab {theme}")
            crop(lab, table, STATES / f"sessions-{theme.lower()}.png")
            table.open("mia-1").expect_turns(3)
            crop(lab, table, STATES / f"sessions-open-{theme.lower()}.png")
        lab.set_theme("JupyterLab Light")
        lab.page.set_viewport_size({"width": 600, "height": 1400})
        table = opened(lab)
        table.open("mia-1").expect_turns(3)
        crop(lab, table, STATES / "sessions-600-px.png")


if __name__ == "__main__":
    main()
