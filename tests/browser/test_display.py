"""Where a session shows itself: several cells, a bare last value, a saved and reopened notebook."""

from __future__ import annotations

from browser.scenes import CHAT, CORRECTED, IN_LAB, SHOW
from browser.view import View
from playwright.sync_api import expect

# Switches whether the application stores the widgets' state in the file.
SAVE_WIDGETS = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"


@IN_LAB
def test_cells_that_show_one_conversation_share_one_widget_and_follow_each_other(lab, notebook):
    nb = notebook(
        CHAT,
        SHOW,
        "chat",
        "from ipywidgets import Widget\nfrom dspy_session.inspector import SessionInspector\n"
        "print(chat.inspect().widget.model_id == inspector.widget.model_id)",
    )
    nb.run_all()
    first, second = View(nb.inspector(1)), View(nb.inspector(2))
    assert nb.text(3).strip() == "True"
    first.edit(0, "reply", "Seen in both.")
    expect(second.cell(0, "reply")).to_contain_text("Seen in both.")
    second.button("Undo").click()
    expect(first.cell(0, "reply")).not_to_contain_text("Seen in both.")
    # What is on the screen is each view's own.
    second.expand(1)
    expect(first.detail(1)).to_have_count(0)
    second.go_to("main")
    second.send("What is my email?")
    first.expect_turns(6)
    assert lab.errors() == []


@IN_LAB
def test_what_a_cell_changes_shows_in_the_inspector_above(lab, notebook):
    nb = notebook(CHAT, SHOW, 'inspector.edit(0, reply="By a cell.")\ninspector.label(0, "done")')
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    nb.run_cell(2)
    expect(view.cell(0, "reply")).to_contain_text("By a cell.")
    expect(view.cell(0, "label")).to_contain_text("done")


def test_a_session_as_last_value_shows_itself_and_leaves_a_transcript_in_the_file(lab, notebook):
    nb = notebook(CHAT, "chat")
    nb.run_all()
    View(nb.inspector(1)).expect_turns(5)
    (output,) = nb.save()["cells"][1]["outputs"]
    data = output["data"]
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= data.keys()
    html, plain = "".join(data["text/html"]), "".join(data["text/plain"])
    assert "I can't log in." in html or "I can&#x27;t log in." in html
    assert "<details" in html
    assert "<script" not in html
    assert "<style" not in html
    assert "turns=5" in plain


@IN_LAB
def test_a_saved_notebook_shows_its_rows_when_reopened_without_running(lab, notebook):
    nb = notebook(CHAT, CORRECTED)
    nb.run_all()
    View(nb.inspector(1)).expect_turns(5)
    lab.command(SAVE_WIDGETS)
    try:
        assert "widgets" in nb.save()["metadata"]
        lab.server.end_sessions()
        view = View(lab.open_notebook(nb.path).inspector(1))
        view.expect_turns(5)
        expect(view.cell(1, "reply")).to_contain_text("check your spam folder")
        expect(view.row(2)).to_contain_text("stale")
        expect(view.status).to_contain_text("Not connected", timeout=30_000)
        assert lab.errors() == []
    finally:
        lab.command(SAVE_WIDGETS)
