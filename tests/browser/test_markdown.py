"""Fields shown as Markdown, by a button or by the author: nothing in them runs or spills."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import dspy
import pytest
from browser.hostile import HOSTILE
from browser.hostile_markdown import HEAVY, MARKDOWN
from browser.rendered import TAGS, frame, spilled, strange
from browser.scenes import IN_LAB, recorded
from browser.scenes import MARKDOWN as SCENE
from browser.view import View
from playwright.sync_api import Locator, Page, expect

from dspy_session import Session
from dspy_session.inspector._widget import PARTS

ALL = {**HOSTILE, **{f"Markdown, {name}": text for name, text in MARKDOWN.items()}}
AT_ONCE = 12
"""So many of the texts are the fields of one turn."""
AS_THEY_ARE = {
    "a line of a megabyte",
    "Markdown, table that breaks out",
    "Markdown, table with hidden cells",
}
"""Those that are too long, or of whose words a table would drop some."""
FIELDS = [f"t{at}" for at in range(AT_ONCE)]
SIGNATURE = f"question -> {', '.join(FIELDS)}"
SHOWN = "chat.inspect(markdown=['answer'])"


def turns() -> list[tuple[dict[str, str], dict[str, str]]]:
    texts = list(ALL.values())
    groups = [texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE)]
    return [
        ({"question": f"group {index}."}, dict(zip(FIELDS, group, strict=False)))
        for index, group in enumerate(groups)
    ]


def place(detail: Locator, field: str) -> Locator:
    """Where a field's name, text and buttons are."""
    button = detail.page.get_by_role("button", name=f"Markdown for {field}", exact=True)
    return detail.locator(".pair").filter(has=button)


def toggle(detail: Locator, fields: Iterable[str]) -> None:
    for field in fields:
        detail.get_by_role("button", name=f"Markdown for {field}", exact=True).click()


def judge(view: View) -> None:
    """Every text of the corpus, whole and as Markdown, keeps to its place."""
    names = iter(ALL)
    view.expect_turns(len(turns()))
    plain = set()
    for index, (inputs, outputs) in enumerate(turns()):
        view.search.fill(inputs["question"])
        view.expect_turns(1)
        detail = view.expand(index)
        for field in outputs:
            name = next(names)
            pair = place(detail, field)
            shown = pair.locator(".markdown")
            reason = pair.get_by_text("As plain text")
            expect(shown.or_(reason), name).to_be_attached()
            if (more := pair.get_by_role("button", name="more line")).count():
                more.click()
                expect(pair.get_by_role("button", name="Show less")).to_be_visible()
            if reason.count():
                plain.add(name)
                continue
            shown.scroll_into_view_if_needed()
            assert strange(shown) == [], name
            assert spilled(shown) == [], name
        as_markdown = frame(view.turns)
        assert len(as_markdown) > len(outputs)
        toggle(detail, outputs)
        expect(detail.locator(".markdown")).to_have_count(0)
        assert frame(view.turns) == as_markdown
        toggle(detail, outputs)
        view.button(f"Collapse turn {index}").click()
    assert next(names, None) is None
    assert plain == AS_THEY_ARE


def nothing_happened(page: Page) -> None:
    assert page.evaluate("window.hit") is None
    assert page.evaluate("({}).hit") is None
    assert page.evaluate("document instanceof Document && document.body instanceof HTMLElement")
    wide = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide[0] <= wide[1]


@pytest.mark.parametrize("lab", ["lab"], indirect=True)
def test_hostile_markdown_in_a_notebook_does_nothing(lab, notebook):
    assert len(ALL) >= 100
    cell = recorded(SIGNATURE, "turns", more="import json\nturns = json.load(open('turns.json'))")
    (lab.root / "turns.json").write_text(json.dumps(turns()))
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    nb = notebook(cell, f"chat.inspect(markdown={FIELDS!r})")
    nb.run_all()
    judge(View(nb.inspector(1)))
    nothing_happened(lab.page)
    assert not [url for url in asked if "invalid" in url]
    assert lab.errors() == []


@pytest.fixture
def offline(browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    yield context.new_page()
    context.close()


def test_hostile_markdown_in_a_saved_page_does_nothing(offline, tmp_path):
    session = Session(dspy.Predict(SIGNATURE))
    for inputs, outputs in turns():
        session.add_turn(inputs, outputs)
    path = session.inspect(markdown=FIELDS).save_html(tmp_path / "chat.html")
    asked: list[str] = []
    said: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.on("console", lambda message: said.append(message.text))
    offline.on("pageerror", lambda error: said.append(str(error)))
    offline.goto(path.as_uri())
    judge(View(offline.locator("body")))
    nothing_happened(offline)
    assert [url for url in asked if not url.endswith("/chat.html")] == []
    assert said == []


@pytest.fixture
def script(offline) -> Page:
    """A page with the script that makes elements of Markdown, as ``made``."""
    offline.goto("about:blank")
    opened = """async source => {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      window.made = (await import(url)).default([], []);
    }"""
    offline.evaluate(opened, PARTS["markdown"].read_text(encoding="utf-8"))
    return offline


def test_the_sanitiser_alone_lets_nothing_pass(script):
    """Were the parser to let HTML through, still nothing would come of it."""
    put = """html => {
      const box = document.createElement("div");
      document.body.replaceChildren(box);
      box.append(made.sanitised(html));
    }"""
    for name, text in ALL.items():
        script.evaluate(put, text)
        assert strange(script.locator("body > div")) == [], name
    script.evaluate(put, f"<p>{''.join(f'<{tag} class=a id=b>x</{tag}>' for tag in TAGS)}")
    assert strange(script.locator("body > div")) == []
    assert script.locator("h4, blockquote, code, u").count() == 4
    script.wait_for_timeout(200)  # what loads or animates would by now have run
    assert script.evaluate("window.hit") is None


def test_what_stands_in_a_text_stands_in_its_markdown(script):
    """Only marks and white space go; a text that would lose words is shown as it is."""
    lost = """text => {
      const found = made.elementsOf(text)?.textContent;
      const words = text => text.match(/[a-z]{3,}/gi) ?? [];
      return found === undefined ? [] : words(text).filter(word => !found.includes(word));
    }"""
    entities = ("entities", "title that breaks out", "turned by entities")
    for name, text in {**ALL, **HEAVY}.items():
        if not any(part in name for part in entities):
            assert script.evaluate(lost, text) == [], name


def test_texts_made_to_be_slow_or_deep_do_not_hold_up_the_page(script):
    timed = """text => {
      const start = performance.now();
      const found = made.elementsOf(text);
      if (found) document.body.replaceChildren(found);
      document.body.getBoundingClientRect();
      return { rendered: !!found, ms: performance.now() - start };
    }"""
    times = {name: script.evaluate(timed, text) for name, text in HEAVY.items()}
    assert max(time["ms"] for time in times.values()) < 5_000, times  # minutes, or never, unbounded
    plain = {name for name, time in times.items() if not time["rendered"]}
    assert {"quotes", "lists", "columns", "400 KB of prose", "400 KB in a word"} <= plain
    assert "just short enough" not in plain


@IN_LAB
def test_a_field_becomes_markdown_by_its_button_in_every_turn(lab, notebook):
    nb = notebook(SCENE, "chat.inspect()")
    nb.run_all()
    view = View(nb.inspector(1))
    first = view.expand(0)
    button = first.get_by_role("button", name="Markdown for answer", exact=True)
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(first).to_contain_text("# Deploying")
    button.focus()
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(first.get_by_role("heading", name="Deploying")).to_be_visible()
    expect(first.get_by_role("cell", name="16 GB")).to_be_visible()
    expect(first).to_contain_text('the guide https://example.org/guide "Guide"')
    expect(first).to_contain_text("<b>Not HTML.</b>")
    expect(first).to_contain_text("*How* do I deploy?")  # another field
    assert view.keyboard() == "Markdown for answer"
    code = first.get_by_role("group", name="Code")
    code.focus()
    code.press("ArrowRight")
    lab.page.wait_for_function("el => el.scrollLeft > 0", arg=code.element_handle())
    code.press("b")
    assert nb.cell_count() == 2
    view.button("Collapse turn 0").click()
    second = view.expand(1)
    expect(second.get_by_role("listitem").first).to_have_text("wait")
    view.cell(1, "answer").dblclick()
    expect(view.editor(1, "answer")).to_have_value("- wait\n- look")
    view.editor(1, "answer").fill("- *sit*")
    view.editor(1, "answer").press("Control+Enter")
    expect(second.get_by_role("emphasis")).to_have_text("sit")
    second.get_by_role("tab", name="Original").click()
    expect(second).to_contain_text("- wait")
    expect(second.get_by_role("button", name="Markdown for answer")).to_be_disabled()
    assert lab.errors() == []


@IN_LAB
def test_fields_begin_as_markdown_and_choices_outlive_the_cells_output(lab, notebook):
    nb = notebook(SCENE, SHOWN, "chat")
    nb.run_all()
    detail = View(nb.inspector(1)).expand(1)
    expect(detail.get_by_role("listitem")).to_have_count(2)
    detail.get_by_role("button", name="Markdown for answer", exact=True).click()
    detail.get_by_role("button", name="Markdown for reason", exact=True).click()
    expect(detail.get_by_role("listitem")).to_have_count(0)
    expect(detail.get_by_role("code")).to_have_text("next")
    nb.run_cell(2)
    again = View(nb.inspector(2)).expand(1)
    expect(again.get_by_role("code")).to_have_text("next")
    expect(again).to_contain_text("- wait")
    assert lab.errors() == []
