"""100,000 turns in a notebook: the session inspector beside other packages' tables.

A real JupyterLab in a real headless Chromium, rendered by software; the times are upper bounds.
All tables show the same turns in one run, in the same browser and the same JupyterLab, one notebook
each. What a table saves is measured with the widgets' state in the notebook, and without it, which
is JupyterLab's default.
``make bench`` runs it, with the browser tests' own JupyterLab on the path.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path

import inspector_sizes as sizes
from browser.lab import Lab, running_browser
from browser.notebook import write_notebook
from browser.server import WITH_WIDGET_STATE
from browser.view import View
from inspector_measures import FAST, READING, StuckError, check_moves, first_rows, frames
from inspector_peers import OURS, PEERS, Environment

TURNS = 100_000

MAKE = f"""\
import dspy
from dspy_session import sessionify
chat = sessionify(dspy.Predict("question -> answer"))
for n in range({TURNS}):
    chat.add_turn(
        {{"question": f"Question {{n}}: " + "why " * (n % 40)}},
        {{"answer": f"Answer {{n}}. " + "Because of this and that. " * (n % 25)}},
    )
inspector = chat.inspect()
inspector.score_turns({{n: (n % 11) / 10 for n in range({TURNS})}})
columns = {{"input.question": "question", "output.answer": "answer", "score": "score"}}
chat.to_dataframe()[list(columns)].rename(columns=columns).to_parquet("turns.parquet")
chat.save("turns.json")"""

READ = """\
import pandas
frame = pandas.read_parquet("turns.parquet")"""

SHOWN = 2
"""The cell that shows the table."""


def measured(lab, table, notebook):
    """One row of the table: what a way to show the turns costs."""
    seconds, received = first_rows(notebook, SHOWN, table.inked)
    notebook.wait_idle()
    target = notebook.output(SHOWN).locator(table.scroller).first
    check_moves(target, lambda: lab.cdp.send("Page.captureScreenshot")["data"])
    reading, fast = frames(target, READING), frames(target, FAST)
    whole, without = saved_kb(notebook)
    return [
        f"{seconds:.2f}",
        f"{reading:.0f}",
        f"{fast:.0f}",
        f"{received / 1000:,.0f}",
        f"{without:,.0f}",
        f"{whole:,.0f}",
    ]


def saved_kb(notebook):
    """Size of the saved notebook in KB, with the widgets' state and without."""
    saved = notebook.save()
    whole = (notebook.lab.root / notebook.path).stat().st_size
    saved["metadata"].pop("widgets", None)
    return whole / 1000, len(json.dumps(saved, indent=1)) / 1000


def ours(lab):
    """The inspector's row, and what more is measured of it."""
    write_notebook(lab.root / "ours.ipynb", "1", MAKE, OURS.show, sizes.KERNEL, sizes.APPEND)
    notebook = lab.open_notebook("ours.ipynb")
    notebook.run_cell(0)
    notebook.run_cell(1, timeout=600)
    row = measured(lab, OURS, notebook)
    view = View(notebook.inspector(SHOWN))
    view.expect_turns(TURNS)
    return row, list(sizes.many_turns(lab, notebook, view))


def peer(lab, table):
    """A peer's row, or why there is none."""
    path = f"{table.name}.ipynb"
    write_notebook(lab.root / path, table.begin or "1", READ, table.show)
    try:
        notebook = lab.open_notebook(path)
        notebook.run_cell(0)
        notebook.run_cell(1)
        return measured(lab, table, notebook)
    except StuckError:
        return "does not scroll under the wheel"
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs into the table
        return " ".join(str(error).split())[:120]


def print_table(rows):
    print(f"\n{TURNS:,} turns in JupyterLab\n")
    head = ["first rows s", "p95 2,000 px/s", "p95 12,000 px/s", "received KB", "saved KB"]
    head.append("with state KB")
    width = max(len(name) for name, _ in rows)
    print(f"{'':<{width}}  {'  '.join(head)}")
    for name, found in rows:
        cells = (
            f"  {found}"
            if isinstance(found, str)
            else "".join(f"  {one:>{len(title)}}" for title, one in zip(head, found, strict=True))
        )
        print(f"{name:<{width}}{cells}", flush=True)


def print_measures(title, measures):
    print(f"\n{title}\n")
    found = list(measures)
    width = max(len(name) for name, _, _ in found)
    print(f"{'':<{width}}  {'measured':>16}  {'budget':>7}")
    for name, measured, budget in found:
        print(f"{name:<{width}}  {measured:>16}  {budget:>7}", flush=True)


def main():
    environment = Environment()
    environment.make()
    root = Path(tempfile.mkdtemp(prefix="bench-inspector-"))

    @contextlib.contextmanager
    def opened():
        # A page of its own: a table of a hundred thousand elements leaves its traces in one.
        lab = Lab(root, settings=WITH_WIDGET_STATE, browser=browser)
        lab.server.python = str(environment.python)
        with lab:
            yield lab

    try:
        with running_browser() as browser:
            with opened() as lab:
                row, more = ours(lab)
            rows = [(OURS.name, row)]
            for table in PEERS:
                if table.name in environment.missing:
                    rows.append((table.name, environment.missing[table.name]))
                    continue
                with opened() as lab:
                    found = peer(lab, table)
                rows.append((f"{table.name} {environment.version(table.name)}", found))
            print_table(rows)
            print_measures(f"The inspector of {TURNS:,} turns", more)
            for title, measures in SIZES:
                with opened() as lab:
                    print_measures(title, measures(lab))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print_measures("The kernel's memory", sizes.kernel_memory())


SIZES = (
    ("The page's memory", lambda lab: sizes.heaps(lab, (10_000, TURNS))),
    (f"{TURNS:,} turns, 200 branches", sizes.many_branches),
    ("60 turns of 1 MB in, 1 MB out", sizes.megabytes),
)


if __name__ == "__main__":
    main()
