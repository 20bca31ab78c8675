"""Takes the documentation's pictures of the inspector, and one of each of its states to look at.

``make screenshots`` writes docs/images/*.png and tests/browser/shots/states/*.png: ten states of
one conversation, light and dark, conversations that are out of the ordinary, and some widths.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path

from browser.lab import Lab
from browser.notebook import write_notebook
from browser.scenes import CHAT, CORRECTED, MARKDOWN
from browser.view import View
from playwright.sync_api import expect

TESTS = Path(__file__).resolve().parents[1]
IMAGES = TESTS.parent / "docs" / "images"
PUBLISHED = {"corrected": "inspector.png"} | {
    state: f"{state}.png" for state in ("tree", "compare", "scores")
}
"""States whose pictures the documentation shows."""
STATES = TESTS / "browser" / "shots" / "states"
MARGIN_PX = 6


def crop(lab: Lab, view: View, path: Path) -> None:
    """Capture what shows the inspector, and a little around it."""
    view.region.scroll_into_view_if_needed()
    lab.page.mouse.move(0, 0)
    box = view.region.bounding_box()
    assert box, "the inspector is not on the screen"
    clip = {
        "x": box["x"] - MARGIN_PX,
        "y": box["y"] - MARGIN_PX,
        "width": box["width"] + 2 * MARGIN_PX,
        "height": box["height"] + 2 * MARGIN_PX,
        "scale": 1,
    }
    shot = lab.cdp.send("Page.captureScreenshot", {"format": "png", "clip": clip})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(shot["data"]))
    print(f"{path.stat().st_size / 1000:6.0f} kB  {path.relative_to(TESTS.parent)}")


def corrected_turn(view: View) -> None:
    detail = view.expand(1)
    detail.get_by_role("tab", name="Diff").click()
    expect(detail.get_by_role("insertion").first).to_be_visible()
    detail.evaluate("el => el.getRootNode().activeElement.blur()")
    view.turns.evaluate("el => { el.scrollTop = 0; }")


def history_as_now(view: View) -> None:
    detail = view.expand(3)
    detail.get_by_role("tab", name="History as it is now").click()
    expect(detail.get_by_role("tabpanel")).to_contain_text("changed since")
    detail.get_by_role("tab", name="History as it is now").scroll_into_view_if_needed()


def prompt_of_a_call(view: View) -> None:
    detail = view.expand(2)
    detail.get_by_role("button", name="respond").click()
    detail.get_by_role("tab", name="Prompt sent").last.click()
    expect(detail.get_by_role("tabpanel")).to_contain_text("system")
    detail.get_by_role("button", name="respond").evaluate("el => el.scrollIntoView()")


def editing(view: View) -> None:
    view.cell(2, "reply").dblclick()
    expect(view.editor(2, "reply")).to_be_visible()


def refused(view: View) -> None:
    view.cell(0, "score").dblclick()
    view.editor(0, "score").fill("high")
    view.editor(0, "score").press("Enter")
    expect(view.region.get_by_role("alert")).to_be_visible()


def tree(view: View) -> None:
    view.open_panel("Tree")
    expect(view.tree.get_by_role("treeitem").first).to_be_visible()


def compare(view: View) -> None:
    view.open_panel("Compare")
    expect(view.region.get_by_role("insertion").first).to_be_visible()


def scores(view: View) -> None:
    opened = view.open_panel("Scores")
    opened.get_by_role("combobox", name="Against").select_option("concise")
    slider = opened.get_by_role("slider")
    for _ in range(5):
        slider.press("PageUp")
    expect(opened).to_contain_text("keeps 3 of 5 turns")
    expect(opened.get_by_role("img", name="helpful against concise")).to_be_visible()


def failed(view: View) -> None:
    view.send("Fail, please.")
    expect(view.button("Dismiss: Send Fail, please.")).to_be_visible()
    view.turns.evaluate("el => { el.scrollTop = el.scrollHeight; }")


def panel(name: str) -> Callable[[View], None]:
    def open_(view: View) -> None:
        opened = view.open_panel(name)
        if name == "Export":
            expect(opened.get_by_role("table")).to_be_visible()

    return open_


def another_branch(view: View) -> None:
    view.go_to("other browser")
    view.expect_turns(3)


STATES_SHOWN: dict[str, Callable[[View], None]] = {
    "rows": lambda view: None,
    "corrected": corrected_turn,
    "history": history_as_now,
    "prompt": prompt_of_a_call,
    "editing": editing,
    "tree": tree,
    "compare": compare,
    "scores": scores,
    "export": panel("Export"),
    "failed": failed,
}
"""On the demo conversation, corrected and forked."""

MORE_SHOWN: dict[str, Callable[[View], None]] = {
    "refused": refused,
    "filter": panel("Filter"),
    "branch": panel("Branch actions"),
    "help": panel("Help"),
    "other-branch": another_branch,
}
"""Others, in one theme."""

LOOKS = {
    "empty": """\
import dspy
from dspy_session import sessionify
empty = sessionify(dspy.Predict("question -> answer"))
empty""",
    "another-program": """\
other = sessionify(dspy.Predict("message, tone -> reply"))
for turn in chat.turns[:3]:
    other.add_turn(turn.inputs, turn.outputs)
other""",
    "huge-turn": """\
huge = sessionify(dspy.Predict("question -> answer"))
huge.add_turn({"question": "Tell me all."}, {"answer": "All there is to tell. " * 50_000})
huge.inspect()""",
    "markdown": f"{MARKDOWN}\nchat.inspect(markdown=['answer'])",
}
"""Conversations that are none, another program's, one huge turn, or in Markdown: their cells."""

_RESCORE = 'inspector.rescore("concise")\ninspector.rescore("helpful")'
SCORED = CORRECTED.replace('inspector.rescore("helpful")', _RESCORE).replace(
    'inspector.switch("main")', f'{_RESCORE}\ninspector.switch("main")'
)
FAILING = """\
answer = chat.module.forward
def forward(question, **more):
    if question == "Fail, please.":
        raise RuntimeError("The model is away: try again in a minute.")
    return answer(question=question, **more)
chat.module.forward = forward"""


def opened(lab: Lab, cell: int = 2) -> View:
    """An inspector as it comes, under a new kernel, in a page without side bar."""
    lab.server.end_sessions()
    notebook = lab.open_notebook("states.ipynb")
    if lab.page.locator(".jp-SidePanel:visible, #jp-left-stack:visible").count():
        lab.command("application:toggle-left-area")
    notebook.run_all()
    return View(notebook.inspector(cell))


def states(lab: Lab, theme: str) -> None:
    """Every state of the demo conversation in a theme; in light also what is published."""
    for state, bring_about in STATES_SHOWN.items():
        view = opened(lab)
        lab.set_theme(f"JupyterLab {theme}")
        bring_about(view)
        crop(lab, view, STATES / f"{state}-{theme.lower()}.png")
        if theme == "Light" and state in PUBLISHED:
            if state == "corrected":
                # Drawn taller by its corner, to show the turns that became stale.
                view.region.evaluate("el => { el.style.height = el.style.maxHeight = '700px'; }")
            crop(lab, view, IMAGES / PUBLISHED[state])


def looks(lab: Lab, theme: str) -> None:
    """Conversations that are out of the ordinary."""
    for cell, look in enumerate(LOOKS, start=3):
        view = opened(lab, cell)
        if look == "markdown":
            expect(view.expand(0).get_by_role("heading").first).to_be_visible()
        crop(lab, view, STATES / f"{look}-{theme.lower()}.png")


def widths(lab: Lab) -> None:
    """Narrow and wide."""
    for width in (600, 800, 1600):
        lab.page.set_viewport_size({"width": width, "height": 1200})
        for state in ("corrected", "tree", "compare", "scores"):
            view = opened(lab)
            STATES_SHOWN[state](view)
            crop(lab, view, STATES / f"{state}-{width}-px.png")


def main() -> None:
    with Lab(Path(tempfile.mkdtemp(prefix="screenshots-")), viewport=(1280, 1200)) as lab:
        write_notebook(lab.root / "states.ipynb", CHAT, FAILING, SCORED, *LOOKS.values())
        for theme in ("Light", "Dark"):
            states(lab, theme)
            looks(lab, theme)
        lab.set_theme("JupyterLab Light")
        for state, bring_about in MORE_SHOWN.items():
            view = opened(lab)
            bring_about(view)
            crop(lab, view, STATES / f"{state}-light.png")
        widths(lab)


if __name__ == "__main__":
    main()
