"""The inspector where a conversation is large: many turns, many branches, fields of a megabyte."""

from __future__ import annotations

import re
import statistics
import time
import tracemalloc

from browser.notebook import write_notebook
from browser.view import View
from inspector_measures import FAST, READING, first_rows, frames, jumps_ms, messages
from playwright.sync_api import expect

LOAD = """\
import dspy
from dspy_session import Session
chat = Session.load_from("turns.json", dspy.Predict("question -> answer"))"""

# The kernel's own time for a window of rows, without the wire.
KERNEL = """\
import statistics, time
def once(start):
    began = time.perf_counter()
    inspector.rows(start, start + 50)
    return (time.perf_counter() - began) * 1000
print(statistics.median(once(start) for start in range(1000, 90_000, 2_000)))"""

APPEND = """\
for n in range(2_000):
    chat.add_turn({"question": f"More {n}"}, {"answer": "Quickly."})"""

FORKS = """
for number in range(199):
    fork = chat.fork(number * 500, name=f"fork {number}")
    for n in range(3):
        fork.add_turn({"question": f"What if {number}, {n}?"}, {"answer": "Another answer."})"""

MEGABYTES = """\
import dspy
from dspy_session import sessionify
chat = sessionify(dspy.Predict("question -> answer"))
words = "Because of this and that, and más. "
for n in range(60):
    text = f"{n}: " + words * (1_000_000 // len(words))
    chat.add_turn({"question": f"Question {n}: " + text}, {"answer": f"Answer {text}"})
other = chat.fork(30, name="other")
for n in range(30):
    other.add_turn({"question": f"Another {n}"}, {"answer": "Not " + text})"""


def ms(function):
    """How long something took, in ms."""
    began = time.perf_counter()
    function()
    return f"{(time.perf_counter() - began) * 1000:.0f}"


def many_turns(lab, notebook, view):
    """The table of 100,000 turns that a notebook shows: windows, messages."""
    took = jumps_ms(view)
    yield "jump until rows are readable, median ms", f"{statistics.median(took):.0f}", ""
    yield "the same, longest of 15, ms", f"{max(took):.0f}", ""
    notebook.run_cell(3)
    kernel = float(re.search(r"[\d.]+", notebook.text(3)).group())
    yield "window of 50 rows in the kernel, ms", f"{kernel:.1f}", "30"
    view.turns.evaluate("el => { el.scrollTop = 0; }")
    view.page.wait_for_timeout(500)
    lab.traffic.reset()
    frames(view.turns, FAST, times=1, seconds=4)
    asked, answered = messages(lab)
    yield "4 s at 12,000 px/s: requests, messages back", f"{asked}, {answered}", ""
    lab.traffic.reset()
    took = ms(lambda: notebook.run_cell(4))
    view.page.wait_for_timeout(1500)
    asked, answered = messages(lab)
    yield f"a cell adds 2,000 turns in {took} ms: the same", f"{asked}, {answered}", ""


def heaps(lab, sizes):
    """MB that the inspector of the first so many turns adds to a page that was scrolled."""
    for turns in sizes:
        load = f"{LOAD}\nchat = chat.fork({turns})"
        write_notebook(lab.root / "heap.ipynb", "1", load, "chat.inspect()")
        notebook = lab.open_notebook("heap.ipynb")
        notebook.run_cell(0)
        empty = lab.heap_mb()
        notebook.run_cell(1)
        first_rows(notebook, 2)
        frames(View(notebook.inspector(2)).turns, FAST, times=1, seconds=4)
        found = lab.heap_mb() - empty
        yield f"{turns:,} turns: heap, MB more than without", f"{found:.1f}", ""
        lab.server.end_sessions()


def many_branches(lab):
    """100,000 turns and 200 branches."""
    make = f"{LOAD}{FORKS}\ninspector = chat.inspect()"  # as for one branch of as many turns
    write_notebook(lab.root / "branches.ipynb", make, "inspector")
    notebook = lab.open_notebook("branches.ipynb")
    notebook.run_cell(0)
    seconds, received = first_rows(notebook, 1)
    yield "first rows readable, s", f"{seconds:.2f}", "0.50"
    yield "received until then, KB", f"{received / 1000:.0f}", ""
    view = View(notebook.inspector(1))
    yield "p95 frame at 2,000 px/s, ms", f"{frames(view.turns, READING, times=1):.1f}", "20"
    took = jumps_ms(view)
    yield "jump until rows are readable, median ms", f"{statistics.median(took):.0f}", ""
    yield "choose another branch, ms", ms(lambda: _choose(view)), ""
    lab.traffic.reset()
    yield "open the tree, ms", ms(lambda: _open_tree(view)), ""
    yield "received for it, KB", f"{lab.traffic.received / 1000:.0f}", ""
    view.button("Tree").click()
    yield "compare two branches, ms", ms(lambda: _compare(view)), ""


def _choose(view):
    view.go_to("fork 100")
    view.expect_turns(50_003)


def _open_tree(view):
    view.open_panel("Tree")
    view.tree.get_by_role("treeitem").first.wait_for(state="visible")


def _compare(view):
    panel = view.open_panel("Compare")
    expect(panel.get_by_role("grid")).to_be_visible()


def megabytes(lab):
    """60 turns, each with a megabyte in and a megabyte out."""
    write_notebook(lab.root / "megabytes.ipynb", MEGABYTES, "chat")
    notebook = lab.open_notebook("megabytes.ipynb")
    notebook.run_cell(0)
    seconds, received = first_rows(notebook, 1)
    yield "first rows readable, s", f"{seconds:.2f}", "0.50"
    yield "received until then, KB", f"{received / 1000:.0f}", ""
    view = View(notebook.inspector(1))
    yield "p95 frame at 2,000 px/s, ms", f"{frames(view.turns, READING, times=1):.1f}", "20"
    yield "jump until rows are readable, median ms", f"{statistics.median(jumps_ms(view)):.0f}", ""
    view.turns.evaluate("el => { el.scrollTop = 0; }")
    lab.traffic.reset()
    yield "expand a turn, ms", ms(lambda: view.expand(0)), ""
    yield "received for it, KB", f"{lab.traffic.received / 1000:.0f}", ""
    view.button("Collapse turn 0").click()
    lab.traffic.reset()
    yield "compare two branches, ms", ms(lambda: _compare(view)), ""
    yield "received for it, KB", f"{lab.traffic.received / 1000:.0f}", ""


def kernel_memory(sizes=(10_000, 50_000, 100_000)):
    """Bytes that each turn costs the kernel, its text left out, as a conversation grows."""
    import dspy

    from dspy_session import sessionify

    chat = sessionify(dspy.Predict("question -> answer"))
    shown = chat.inspect()
    tracemalloc.start()
    before, text, found = tracemalloc.get_traced_memory()[0], 0, []
    for n in range(max(sizes)):
        question, answer = f"Question {n}: " + "why " * (n % 40), f"Answer {n}. "
        text += len(question) + len(answer)
        chat.add_turn({"question": question}, {"answer": answer})
        if n + 1 in sizes:
            shown.summary(), shown.rows(n - 50, n), shown.turn(n)
            held = tracemalloc.get_traced_memory()[0] - before
            found.append(f"{(held - text) / (n + 1):.0f}")
    tracemalloc.stop()
    named = ", ".join(f"{size:,}" for size in sizes)
    yield f"kernel's bytes per turn above its text, at {named}", ", ".join(found), ""
