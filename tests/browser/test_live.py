"""The words of an answer are seen in its row while the model writes them."""

from __future__ import annotations

import pytest
from browser.scenes import IN_LAB
from browser.view import View
from playwright.sync_api import Locator, expect

CHAT = """\
import dspy
from dspy_session import sessionify
from dspy_session.demo import SupportAgent, demo_lm
dspy.configure(lm=demo_lm(word_seconds=0.08))  # each step lasts long enough to be drawn
chat = sessionify(SupportAgent())"""

ASKED = "Hi, I'm Mia. I can't log in."

SAID = {
    "called": f"print(chat(question={ASKED!r}).reply)",
    "awaited": f"print((await chat.acall(question={ASKED!r})).reply)",
}

WATCH = """region => {
  const seen = [];
  const look = () => {
    const row = region.querySelector("[role=row][aria-busy=true]");
    const text = row?.lastElementChild?.textContent ?? "";
    if (text && text !== seen.at(-1)) seen.push(text);
  };
  const everything = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(region, everything);
  window.wordsSeen = seen;
}"""


def watch(view: View) -> None:
    """Keep every text that the running row shows from now on."""
    view.region.evaluate(WATCH)


def words_seen(view: View) -> list[str]:
    return view.page.evaluate("window.wordsSeen")


def running(view: View) -> Locator:
    return view.turns.locator("[role=row][aria-busy=true]")


def check_grew(texts: list[str], reply: str) -> None:
    """Each predictor's answer was seen to grow under its name, the last one towards the reply."""
    # The first predictor's name may come in the same moment as the row.
    assert texts[0] in ("running…", "classifyrunning…"), texts
    for node in ("classify", "respond"):
        assert len([text for text in texts if text.startswith(node)]) > 1, texts
    replies = [text for text in texts if text.startswith("respond") and "reply: " in text]
    assert len(replies) > 3, texts
    assert replies == sorted(replies, key=len)
    assert all("[[" not in text for text in texts)
    assert reply.startswith(replies[len(replies) // 2].partition("reply: ")[2])


@IN_LAB
@pytest.mark.parametrize("way", SAID)
def test_words_grow_in_the_row_before_the_cell_ends(lab, notebook, way):
    nb = notebook(CHAT, "chat", SAID[way])
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    expect(view.textbox("question")).to_be_visible()
    watch(view)
    nb.run_cell(2, wait=False)
    expect(running(view)).to_contain_text("reply: ")
    expect(nb.cell(2)).to_contain_text("[*]")
    nb.wait_idle()
    view.expect_turns(1)
    expect(running(view)).to_have_count(0)
    check_grew(words_seen(view), nb.text(2).strip())
    assert lab.errors() == []


@IN_LAB
def test_words_grow_after_send_and_stop_breaks_them_off(lab, notebook):
    nb = notebook(CHAT, "chat.inspect()", "print(len(chat), chat.turns[0].outputs['reply'])")
    nb.run_cell(0)
    nb.run_cell(1)
    view = View(nb.inspector(1))
    expect(view.textbox("question")).to_be_visible()
    watch(view)
    view.send(ASKED)
    view.expect_turns(1)
    texts = words_seen(view)
    view.send("And now something else.")
    expect(running(view)).to_contain_text("respond")
    view.button("Stop").click()
    expect(view.status).to_contain_text("Stopped: the answer was broken off")
    expect(running(view)).to_have_count(0)
    nb.run_cell(2)
    count, reply = nb.text(2).strip().split(" ", 1)
    assert count == "1"
    check_grew(texts, reply)
    assert lab.errors() == []
