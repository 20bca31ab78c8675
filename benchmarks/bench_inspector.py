"""What 100,000 turns cost the page: the first rows, scrolling, bytes, memory, the saved file.

A real JupyterLab in a real headless Chromium, rendered by software; the times are upper bounds.
``make bench`` runs it, with the browser tests' own JupyterLab on the path.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from pathlib import Path

from browser.frames import while_wheeling
from browser.lab import Lab
from browser.notebook import write_notebook
from browser.view import View
from playwright.sync_api import expect

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
inspector = chat.inspect()"""

# The kernel's own time for a window of rows, without the wire.
KERNEL = """\
import statistics, time
def once(start):
    began = time.perf_counter()
    inspector.rows(start, start + 50)
    return (time.perf_counter() - began) * 1000
print(statistics.median(once(start) for start in range(1000, 90_000, 2_000)))"""

# Whether every row that a person sees has arrived.
_READABLE = """table => [...table.querySelectorAll("[aria-posinset][aria-rowindex]")]
  .every(row => row.getAttribute("aria-busy") !== "true")"""


def first_rows(lab, notebook, cell):
    """Seconds from Shift+Enter to a readable first row."""
    notebook.cell(cell).locator(".jp-InputArea-editor").click()
    began = time.perf_counter()
    lab.page.keyboard.press("Shift+Enter")
    row = notebook.output(cell).get_by_text("Question 0:")
    row.first.wait_for(state="visible")
    return time.perf_counter() - began


def window_ms(view, jumps=15):
    """From a jump in the table until the rows there are readable, as a person waits for them."""
    took = []
    for jump in range(1, jumps + 1):
        began = time.perf_counter()
        view.turns.evaluate(
            "(el, part) => { el.scrollTop = el.scrollHeight * part; }", jump / (jumps + 1)
        )
        view.page.evaluate("() => new Promise(requestAnimationFrame)")
        view.page.wait_for_function(_READABLE, arg=view.turns.element_handle(), polling=5)
        took.append((time.perf_counter() - began) * 1000)
    return took


def main():
    rows = []
    root = Path(tempfile.mkdtemp(prefix="bench-inspector-"))
    with Lab(root) as lab:
        write_notebook(root / "bench.ipynb", "1", "2 + 2", MAKE, "inspector", KERNEL)
        notebook = lab.open_notebook("bench.ipynb")
        notebook.run_cell(0)
        empty = lab.heap_mb()
        notebook.run_cell(2, timeout=600)
        lab.traffic.reset()
        rows.append(("first rows readable, s", f"{first_rows(lab, notebook, 3):.2f}", "0.50"))
        notebook.wait_idle()
        rows.append(("received until then, KB", f"{lab.traffic.received / 1000:.0f}", ""))
        view = View(notebook.inspector(3))
        view.expect_turns(TURNS)

        for notch, name in ((33, "2,000"), (200, "12,000")):
            frames = while_wheeling(view.turns, notch, 4)
            found = frames.summary()
            budget = "17" if notch == 33 else "33"
            rows.append((f"p95 frame at {name} px/s, ms", f"{found['p95']:.1f}", budget))
            rows.append((f"longest frame at {name} px/s, ms", f"{found['max']:.1f}", ""))
        took = window_ms(view)
        rows.append(
            ("jump until rows are readable, median ms", f"{statistics.median(took):.0f}", "")
        )
        rows.append(("jump until rows are readable, longest ms", f"{max(took):.0f}", ""))
        notebook.run_cell(4)
        kernel = float(re.search(r"[\d.]+", notebook.text(4)).group())
        rows.append(("window of 50 rows in the kernel, ms", f"{kernel:.1f}", ""))
        rows.append(("page's heap, MB more than without", f"{lab.heap_mb() - empty:.1f}", ""))
        expect(view.region).to_be_visible()
        notebook.save()
        size = (root / "bench.ipynb").stat().st_size / 1000
        rows.append(("notebook saved, KB", f"{size:.0f}", ""))
    print(f"\nThe inspector of {TURNS:,} turns\n")
    width = max(len(name) for name, _, _ in rows)
    print(f"{'':<{width}}  {'measured':>9}  {'budget':>7}")
    for name, measured, budget in rows:
        print(f"{name:<{width}}  {measured:>9}  {budget:>7}")


if __name__ == "__main__":
    main()
