"""How a table on a page is measured: first rows, frames while the wheel turns, jumps, messages."""

from __future__ import annotations

import statistics
import time

from browser.frames import while_wheeling

READING, FAST = 33, 200
"""Pixels of a notch of the wheel, 60 of which make a second: 2,000 and 12,000 px/s."""

# Whether every row of ours that a person sees has arrived.
_READABLE = """table => [...table.querySelectorAll("[aria-posinset][aria-rowindex]")]
  .every(row => row.getAttribute("aria-busy") !== "true")"""


class StuckError(Exception):
    """A table did not move under the wheel."""


def first_rows(notebook, cell, inked=None, timeout=100):
    """Seconds from Shift+Enter to a readable first row, and bytes received until then."""
    page = notebook.page
    notebook.cell(cell).locator(".jp-InputArea-editor").click()
    notebook.lab.traffic.reset()
    began = time.perf_counter()
    page.keyboard.press("Shift+Enter")
    output = notebook.output(cell)
    if inked is None:
        row = output.get_by_text("Question 0:")
        row.first.wait_for(state="visible", timeout=timeout * 1000)
    else:
        output.wait_for(state="attached", timeout=timeout * 1000)
        page.wait_for_function(inked, arg=output.element_handle(), timeout=timeout * 1000)
    return time.perf_counter() - began, notebook.lab.traffic.received


def frames(target, notch, *, times=3, seconds=2):
    """The p95 frame in ms while the wheel turns: the median of several goes."""
    target.scroll_into_view_if_needed()
    return statistics.median(
        while_wheeling(target, notch, seconds).summary()["p95"] for _ in range(times)
    )


def check_moves(target, shot):
    """Raise unless a table looks different in a ``shot`` when the wheel was turned over it."""
    before = shot()
    while_wheeling(target, READING, 0.5)
    target.page.wait_for_timeout(500)
    if shot() == before:
        raise StuckError


def jumps_ms(view, jumps=15):
    """From a jump in our table until the rows there are readable, as a person waits for them."""
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


def messages(lab):
    """How many comm messages went out to the kernel and came from it since the last reset."""
    found = lab.traffic.messages
    return found["→comm_msg"], found["←comm_msg"]
