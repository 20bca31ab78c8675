"""A branch is asked again from the page: watched, stopped, and asked again to the end."""

from __future__ import annotations

from browser.view import View
from playwright.sync_api import expect

HELD = """\
import time
from pathlib import Path
import dspy
from dspy_session import sessionify
asked = []
class Counts(dspy.Module):
    def forward(self, question):
        asked.append(question)
        while len(asked) == 5 and not Path("go").exists():
            time.sleep(0.02)
        return dspy.Prediction(answer=f"answer {len(asked)}")
chat = sessionify(Counts())
for number in range(3):
    chat(question=f"question {number}")"""

RAN = "print([(name, len(branch.turns)) for name, branch in sorted(chat.branches.items())])"


def test_a_replay_is_watched_stopped_and_done_again(lab, notebook):
    nb = notebook(HELD, "chat.inspect()", RAN)
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    panel = view.open_panel("Branch actions")
    replay = view.region.get_by_role("form", name="Replay", exact=True)
    expect(panel).to_be_visible()
    try:
        replay.get_by_label("Replay as").fill("half")
        replay.get_by_role("button", name="Replay this branch").click()
        expect(view.region.get_by_role("progressbar", name="Replay main")).to_be_visible()
        expect(view.region).to_contain_text("1/3")
        view.region.get_by_role("button", name="Stop", exact=True).click()
        expect(view.status).to_contain_text("Stopping with the turn")
    finally:
        (lab.root / "go").touch()
    expect(view.status).to_contain_text("2 of 3 turns were asked again")
    view.expect_branch("main")
    replay.get_by_label("Replay as").fill("whole")
    replay.get_by_role("button", name="Replay this branch").click()
    view.expect_branch("whole")
    view.expect_turns(3)
    expect(view.row(2)).to_contain_text("answer 8")
    nb.run_cell(2)
    assert nb.text(2).strip() == "[('half', 2), ('main', 3), ('whole', 3)]"
    (lab.root / "go").unlink()
    assert lab.errors() == []
