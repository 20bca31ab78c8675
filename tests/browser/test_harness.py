"""The harness itself: a trivial widget is shown, clicked and judged in both front ends."""

from __future__ import annotations

import pytest
from browser.accessibility import violations
from browser.frames import while_scrolling
from browser.notebook import CellFailedError
from playwright.sync_api import expect

COUNTER = '''
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      const root = el.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
      const button = document.createElement("button");
      button.onclick = () => model.send("more");
      const show = () => { button.textContent = `count is ${model.get("value")}`; };
      model.on("change:value", show);
      show();
      root.append(button);
      if (model.get("bad")) root.append(document.createElement("input"));
    } };
    """
    value = traitlets.Int(0).tag(sync=True)
    bad = traitlets.Bool(False).tag(sync=True)
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.on_msg(lambda *_: setattr(self, "value", self.value + 1))
'''


def test_a_click_reaches_the_kernel(lab, notebook):
    nb = notebook(COUNTER + "counter = Counter(); counter", "print(counter.value)", "counter")
    nb.run_cell(0)
    button = nb.output(0).get_by_role("button")
    expect(button).to_have_text("count is 0")
    button.click()
    expect(button).to_have_text("count is 1")
    nb.run_cell(1)
    assert nb.text(1).strip() == "1"
    nb.run_cell(2)
    expect(nb.output(2).get_by_role("button")).to_have_text("count is 1")
    assert lab.traffic.received > 0
    assert not lab.errors()


def test_axe_sees_into_a_shadow_root(notebook):
    nb = notebook(COUNTER + "Counter()", "Counter(bad=True)")
    nb.run_all()
    expect(nb.output(1).get_by_role("button")).to_be_visible()
    assert violations(nb.output(0).locator(".jp-OutputArea-output")) == []
    (found,) = violations(nb.output(1).locator(".jp-OutputArea-output"))
    assert found.startswith("label (critical)")
    assert ">>> input" in found


def test_a_failing_cell_is_reported(notebook):
    nb = notebook("1 / 0")
    with pytest.raises(CellFailedError, match="ZeroDivisionError"):
        nb.run_all()


def test_running_everything_twice_waits_twice(notebook):
    nb = notebook("import time; time.sleep(1)", "time.time()")
    nb.run_all()
    first = float(nb.text(1).split()[-1])
    nb.run_all()
    assert float(nb.text(1).split()[-1]) > first + 1


def test_a_restarted_kernel_has_forgotten(notebook):
    nb = notebook("x = 1", "x")
    nb.run_all()
    nb.restart_kernel()
    with pytest.raises(CellFailedError, match="NameError"):
        nb.run_cell(1)


def test_a_saved_notebook_holds_its_outputs(notebook):
    nb = notebook("print('kept')")
    nb.run_all()
    assert nb.save()["cells"][0]["outputs"][0]["text"] == ["kept\n"]


def test_the_theme_is_switched_live(lab, notebook):
    notebook("1")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab.set_theme(theme)


def test_frames_are_timed_while_scrolling(notebook):
    nb = notebook(
        "from IPython.display import HTML\n"
        "lines = 'line<br>' * 2000\n"
        "HTML(f'<div class=tall style=\"height:200px;overflow:auto\">{lines}</div>')"
    )
    nb.run_all()
    frames = while_scrolling(nb.output(0).locator(".tall"), 5000, 0.5)
    assert frames.travelled_px == 5000
    assert frames.summary()["frames"] > 5
