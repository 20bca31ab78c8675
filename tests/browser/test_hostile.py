"""What a model wrote is shown as text: it runs nothing, breaks out of nothing, widens nothing."""

from __future__ import annotations

import json

from browser.hostile import HOSTILE
from browser.scenes import CHAT, IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

RUNS = "script, math, iframe, object, embed, video, audio, h1, meta, base, img[src], a[href]"


def test_hostile_text_is_shown_and_does_nothing(lab, notebook):
    cell = recorded(
        "question -> answer",
        "[({'question': name + ': ' + text}, {'answer': text}) for name, text in hostile.items()]",
        more="import json, pathlib\nhostile = json.loads(pathlib.Path('hostile.json').read_text())",
    )
    (lab.root / "hostile.json").write_text(json.dumps(HOSTILE))
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    nb = notebook(cell, "chat")
    nb.run_all()
    view = View(nb.inspector(1))
    assert len(HOSTILE) >= 40
    view.expect_turns(len(HOSTILE))
    for index, (name, text) in enumerate(HOSTILE.items()):
        view.search.fill(f"{name}:")
        found = [
            1 for key, said in HOSTILE.items() if f"{name}:".lower() in f"{key}: {said}".lower()
        ]
        view.expect_turns(len(found))  # a click while the rows change would open none
        detail = view.expand(index)
        shown = detail.evaluate("el => el.textContent")
        beginning = "\n".join(text[:200].split("\n")[:30])  # a long text is shown by and by
        assert beginning.replace("\r", "") in shown.replace("\r", ""), name
        assert detail.locator(RUNS).count() == 0, name
        expect(view.region).to_be_visible()
        view.button(f"Collapse turn {index}").click()
    assert lab.page.evaluate("window.hit") is None
    assert lab.page.evaluate("({}).hit") is None
    assert not [url for url in asked if "invalid" in url]
    wide = lab.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide[0] <= wide[1]
    spilled = view.region.evaluate("el => el.scrollWidth - el.clientWidth")
    assert spilled <= 1
    assert view.turns.evaluate("el => el.scrollWidth - el.clientWidth") <= 1
    assert lab.errors() == []


def test_hostile_names_of_branches_and_labels_do_nothing(lab, notebook):
    name = "<img src=x onerror=window.hit=1>"
    nb = notebook(
        CHAT,
        f"inspector = chat.inspect()\ninspector.fork(2, name={name!r})\n"
        f"inspector.label(0, {name!r})\ninspector.note(0, {name!r})\ninspector",
    )
    nb.run_all()
    view = View(nb.inspector(1))
    view.expect_branch(name)
    expect(view.cell(0, "label")).to_contain_text(name)
    expect(view.expand(0)).to_contain_text(name)
    view.open_panel("Branch actions")
    view.open_panel("Filter")
    assert view.region.locator("img").count() == 0
    assert lab.page.evaluate("window.hit") is None
    assert lab.errors() == []


def test_values_that_are_no_plain_text_are_shown(lab, notebook):
    cell = recorded(
        "question -> answer",
        "[({'question': 'surrogate'}, {'answer': 'half \\ud83d here'}),"
        " ({'question': 'five megabytes'}, {'answer': 'words ' * 850_000}),"
        " ({'question': 'nothing'}, {'answer': None}),"
        " ({'question': ''}, {'answer': ''}),"
        " ({'question': 'nul'}, {'answer': 'a\\x00b'})]",
    )
    nb = notebook(cell, "chat")
    nb.run_all()
    view = View(nb.inspector(1))
    view.expect_turns(5)
    expect(view.cell(0, "answer")).to_contain_text("half")
    expect(view.cell(0, "answer")).to_contain_text("here")
    expect(view.cell(1, "answer")).to_contain_text("words words")
    assert lab.traffic.largest_received < 300_000
    detail = view.expand(1)
    detail.get_by_role("button", name="more line").or_(
        detail.get_by_role("button", name="more character")
    ).first.click()
    expect(detail).to_contain_text("words words")
    assert lab.traffic.largest_received < 2_000_000
    view.button("Collapse turn 1").click()
    for index in (2, 3, 4):
        expect(view.row(index)).to_be_attached()
    expect(view.cell(2, "answer")).not_to_contain_text("undefined")
    assert lab.errors() == []
