"""What a model wrote is shown as text: it runs nothing, breaks out of nothing, widens nothing."""

from __future__ import annotations

import json

from browser.scenes import CHAT, IN_LAB, recorded
from browser.view import View
from playwright.sync_api import expect

pytestmark = IN_LAB

HOSTILE = {
    "image": "<img src=x onerror=\"window.hit='image'\">",
    "script": "<script>window.hit='script'</script><svg onload=\"window.hit='svg'\">",
    "link": "[press](javascript:window.hit='link') <a href=\"javascript:window.hit=1\">a</a>",
    "fences": "```html\n````\n<b>bold</b>\n```\n</script></style><!--",
    "turned": "\u202eevil\u202c \u2066mixed\u2069 \u200fשלום",
    "hidden": "zero\u200bwidth\u200djoined\ufeffmark",
    "long": "x" * 4000,
    "colours": "\x1b[31mred\x1b[0m \x07 \x08 \x0c",
    "style": "</style><style>* { display: none }</style>",
    "closing": "</textarea></div></section><h1>out</h1>",
    "template": "${window.hit='template'} {{constructor.constructor('window.hit=1')()}}",
    "combining": "Z" + "\u0301\u0320" * 200 + "algo",
    "format": "%s %n {0} {question} \\u0000 \\x3cb\\x3e",
}


def test_hostile_text_is_shown_and_does_nothing(lab, notebook):
    cell = recorded(
        "question -> answer",
        "[({'question': name + ': ' + text}, {'answer': text}) for name, text in hostile.items()]",
        more=f"import json\nhostile = json.loads({json.dumps(json.dumps(HOSTILE))})",
    )
    nb = notebook(cell, "chat")
    nb.run_all()
    view = View(nb.inspector(1))
    view.expect_turns(len(HOSTILE))
    for index, (name, text) in enumerate(HOSTILE.items()):
        view.search.fill(f"{name}:")
        expect(view.row(index)).to_be_visible()
        detail = view.expand(index)
        assert text[:200] in detail.evaluate("el => el.textContent"), name
        assert detail.locator("img, script, svg, a, h1, b > b").count() == 0, name
        expect(view.region).to_be_visible()
        view.button(f"Collapse turn {index}").click()
    assert lab.page.evaluate("window.hit") is None
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
