"""The face without a kernel."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.branches import branch_of, conversation_of, numbered, said

from dspy_session import Session
from dspy_session._tree.amend import annotate, edit_outputs, give_score
from dspy_session._tree.branch import Branch
from dspy_session.errors import ConflictError
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._pages.transcript import SHOWN_CHARS, SHOWN_TURNS, transcript
from dspy_session.inspector._view.text import safe

ALLOWED = {"div", "p", "strong", "bdi", "details", "summary", "pre", "ul", "li"}


class Reader(HTMLParser):
    """Reads HTML as a browser would, and keeps elements, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = set(), set(), [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def face(branch, *others):
    return transcript("Agent", branch, [branch, *others])


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</pre></details><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "[x](javascript:alert(1))",
    "```html\n<b>\n```",
    "\u202edesrever",
    "\ud800\x00\x1b[31m",
    "&lt;script&gt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_model_wrote_never_becomes_markup(text):
    branch = branch_of((text, text), name="main")
    branch = edit_outputs(branch, 0, branch.log[0], {"answer": text + "!"}, ())
    branch = give_score(branch, branch.log[0], 0.5, name=text, feedback=text)
    branch = annotate(branch, branch.log[0], label=text, note=text)
    read = Reader(face(branch))
    assert read.tags <= ALLOWED
    assert read.attributes <= {"style", "class", "dir"}
    assert read.open == []


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_reads_back_as_it_was_but_for_what_no_page_can_carry(text):
    html = face(branch_of(("q", text)))
    html.encode("utf-8")
    shown = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)
    assert shown in "".join(Reader(html).text)


def test_the_face_is_the_same_every_time_and_has_no_times_or_ids():
    branch = give_score(numbered(3), numbered(3).log[0], 0.5)
    html = face(branch)
    assert html == face(branch)
    assert "2026" not in html
    assert branch.log[0].id not in html
    assert branch.key not in html


def test_long_conversations_and_long_texts_are_shortened():
    html = face(said(numbered(SHOWN_TURNS + 4), "q", "a"))
    assert html.count("<details>") == SHOWN_TURNS
    assert "… 5 more turns" in html
    long = face(branch_of(("q", "x" * 5_000_000)))
    assert f"… {5_000_000 - SHOWN_CHARS:,} more characters" in long
    assert len(long) < 10_000


def test_scores_marks_and_branches_are_told():
    conversation = conversation_of(("q0", "a0"), ("q1", "a1"))
    key = conversation.branches[0].key
    first = conversation[key].log[0]
    conversation.fork(key, 1, "alt")
    conversation.update(key, "edit", lambda b: edit_outputs(b, 0, first, {"answer": "new"}, ()))
    conversation.update(key, "score", lambda b: give_score(b, first, 1))
    main, alt = conversation.branches
    html = transcript("Agent", main, [main, alt])
    text = "".join(Reader(html).text)
    assert "Agent · main · 2 turns · mean 1.00" in text
    assert "0 · q0 → new · 1.00 · edited" in text
    assert "1 · q1 → a1 · stale" in text
    assert "answer, as recorded" in text
    assert "alt · 1 turn · from main at 1" in text


def test_an_empty_conversation_has_a_face_too():
    assert "main</bdi> · 0 turns" in face(Branch())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_the_data_of_a_saved_page_or_is_markup_in_it(session, text):
    session.edit_turn(0, outputs={"answer": text}, label=text[:100], note=text)
    page = session.inspect().page_html()
    assert page.count("</script>") == page.count("<script") == 2
    assert page.count("<!--") == 0
    found = re.search(r'<script type="application/json" id="conversation">(.*?)</script>', page)
    assert found
    assert not set(found[1]) & set("<>&")
    assert safe(text) in json.loads(found[1])["texts"] or len(text) < 32
    assert "default-src 'none'; script-src 'sha256-" in page


def test_a_saved_page_grows_with_what_was_said_not_with_its_square(session):
    def size(turns: int) -> int:
        for number in range(len(session), turns):
            session.add_turn({"question": f"q{number}"}, {"answer": f"a{number}"})
        return len(session.inspect().page_html())

    few, more, most = size(10), size(60), size(110)
    assert (most - more) < 1.1 * (more - few)


def test_branches_share_their_turns_in_a_saved_page(session):
    alone = len(session.inspect().page_html())
    for number in range(50):
        session.fork(name=f"fork {number}")
    assert len(session.inspect().page_html()) - alone < 50 * 1000


def test_an_edited_text_stands_there_once_as_it_was_and_once_as_it_is(session):
    was, now = (
        f"{' '.join(f'{word}{number}' for number in range(90))}" for word in ("tide", "reef")
    )
    session.add_turn({"question": "q"}, {"answer": was})
    session.add_turn({"question": "and?"}, {"answer": "that saw it"})
    session.edit_turn(3, outputs={"answer": f"{now} {was[:40]}"})
    session.fork(name="other")
    data = session.inspect().page_html().split('id="conversation">')[1]
    assert (data.count("tide80 tide81"), data.count("reef80 reef81")) == (1, 1)


def test_the_whole_page_is_written_once_and_again_but_over_no_other_file(session, tmp_path):
    inspector = SessionInspector(session)
    target = inspector.save_html(tmp_path / "chat.html")
    assert "a2" in target.read_text(encoding="utf-8")
    inspector.save_html(target)
    with pytest.raises(ConflictError, match="did not write"):
        SessionInspector(Session(session.module)).save_html(target)
