"""Copy as Python: the log, run again from the start, gives the same conversation."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import dspy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.by_hand import ACTIONS, Mood, act, answering, exact, talk
from support.scripted import Held, scripted_lm

from dspy_session import Session
from dspy_session.errors import ConflictError, NotFoundError
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._changes.python_source import literal


def state_of(session: Session) -> Any:
    """All that a person can see of a conversation, in a form that can be compared."""
    conversation = session._conversation
    names = {branch.key: branch.name for branch in conversation.branches}
    return [
        (
            branch.name,
            names.get(branch.parent),
            branch.forked_at,
            branch.starred,
            [_turn(branch, at) for at in range(branch.log.first, len(branch.log))],
        )
        for branch in conversation.branches
    ]


def _turn(branch: Any, at: int) -> Any:
    record = branch.log[at]
    mark = branch.mark(record)
    inside = [(c.node, branch.outputs(c), branch.mark(c).scores) for c in record.calls]
    marks = (mark.scores, mark.latest, mark.label, mark.note, mark.excluded)
    stale = branch.is_stale(at)
    return record.inputs, record.outputs, branch.outputs(record), marks, inside, stale


def run_again(inspector: SessionInspector) -> Session:
    """A fresh session after the log."""
    session = talk()
    exec(inspector.as_python(), {"session": session, "exact": exact})  # noqa: S102
    return session


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=12))
def test_the_log_run_again_gives_the_same_conversation(actions):
    with dspy.context(lm=scripted_lm(answering)):
        session = talk()
        inspector = session.inspect(metrics=[exact])
        for action in actions:
            with suppress(LookupError, ValueError, ConflictError):
                act(inspector, *action)
            # Its branch may have been undone: then it goes to another one.
            inspector.switch(inspector._desk.branch(inspector._desk.shown_key()).name)
        assert state_of(run_again(inspector)) == state_of(session)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_a_plain_value_as_source_gives_the_value_again(value):
    source = literal(value)
    assert repr(eval(source)) == repr(value)  # noqa: S307


def test_what_source_cannot_say_is_left_to_the_reader():
    assert literal(object()) is None
    assert literal([Mood.GLAD]) is None
    assert literal({"a": {1, 2}}) == "{'a': {1, 2}}"
    assert literal(frozenset()) == "frozenset(())"


@pytest.fixture
def inspector():
    with dspy.context(lm=scripted_lm(answering)):
        yield talk().inspect(metrics=[exact])


def test_each_step_is_one_readable_line(inspector):
    inspector.edit(1, answer="Check your spam folder.")
    inspector.score_turn(0, 0.5)
    inspector.fork(2, name="what if")
    inspector.send(question="And now?")
    assert inspector.as_python().splitlines()[1:] == [
        "session.branches['main'].edit_turn(1, outputs={'answer': 'Check your spam folder.'})",
        "session.branches['main'].edit_turn(0, score=0.5)",
        "session.branches['main'].fork(at=2, name='what if')",
        "session.branches['what if'](question='And now?')",
    ]


def test_a_choice_of_lines_can_be_taken(inspector):
    inspector.label(0, "a")
    inspector.label(1, "b")
    assert inspector.as_python([1]).splitlines()[1:] == [
        "session.branches['main'].edit_turn(1, label='b')"
    ]
    with pytest.raises(NotFoundError, match="2 lines"):
        inspector.as_python([2])


def test_what_was_refused_or_changed_nothing_is_not_in_the_log(inspector):
    with pytest.raises(LookupError):
        inspector.edit(9, answer="no")
    inspector.label(0, None)
    assert inspector.as_python().splitlines()[1:] == []


def test_what_is_only_looked_at_leaves_no_line(inspector):
    inspector.fork(2, name="other")
    done = inspector.as_python()
    inspector.compare("main")
    inspector.next_difference("main")
    inspector.scores()
    inspector.tree()
    inspector.nodes()
    assert inspector.as_python() == done


def test_a_typed_value_is_written_as_it_was_typed(inspector):
    inspector.edit(0, mood=Mood.CROSS)
    assert "session.inspect().typed('mood', 'cross')" in inspector.as_python()
    again = run_again(inspector)
    assert again.turns[0].outputs["mood"] is Mood.CROSS


def test_a_value_that_source_cannot_say_is_named_when_the_log_is_run(inspector):
    inspector.edit_call(0, 0, plan=object())
    with pytest.raises(NameError, match="WRITE_THIS_VALUE_YOURSELF"):
        run_again(inspector)


def test_what_other_code_did_meanwhile_is_told(inspector):
    inspector.label(0, "a")
    inspector._desk.source._session(question="from a cell")
    inspector.label(1, "b")
    assert inspector.as_python().splitlines()[2].startswith("# here the conversation was changed")


def test_an_answer_that_was_stopped_is_taken_back_again():
    held = Held({"answer": "late", "mood": "glad"})
    first = [{"plan": "p", "steps": 1}, {"answer": "a", "mood": "glad"}] * 3
    with dspy.context(lm=scripted_lm(*first, {"plan": "p", "steps": 1}, held)):
        session = talk()
        inspector = session.inspect()
        work = inspector._desk.start(
            "send",
            "Send",
            session._key,
            lambda work: inspector._desk.hand.send(session._key, {"question": "wait"}, work),
        )
        assert held.reached.wait(30)
        inspector.stop()
        held.release()
        assert work.ended.wait(30)
    with dspy.context(lm=scripted_lm(answering)):
        again = run_again(inspector)
    assert len(again) == len(session) == 3


def test_scores_that_were_given_before_a_stop_are_in_the_log(inspector):
    seen = []

    def slow(example, prediction):
        seen.append(example)
        if len(seen) == 2:
            inspector.stop()
        return 0.5

    other = SessionInspector(inspector._desk.source._session, metrics=[slow])
    with pytest.raises(Exception, match="Stopped: 2 of 3"):
        other.rescore("slow")
    again = run_again(inspector)
    assert [turn.scores.get("slow") for turn in again.turns] == [
        turn.scores.get("slow") for turn in inspector._desk.source._session.turns
    ]


def test_the_page_reads_the_log_by_window_and_by_choice(page):
    page.ask("annotate", **page.at(0), label="x" * 200)
    page.ask("annotate", **page.at(1), label="b")
    page.ask("edit", **page.at(1), field="answer", text="y" * 1000)
    window = page.ask("log", start=0, stop=10)
    assert window["total"] == 3
    assert len(window["lines"][2]) == 300
    text = page.ask("log_text", lines=[2])["python"]
    assert "y" * 1000 in text
    assert page.ask("log_text")["python"] == page.inspector.as_python()


def test_a_score_typed_over_another_keeps_its_feedback_in_the_log_too(page):
    page.ask("score", **page.at(0), value=0.5, feedback="so-so")
    page.ask("score", **page.at(0), value=0.75)
    assert page.inspector.as_python().splitlines()[2] == (
        "session.branches['main'].inspect().score_turn(0, 0.75, feedback='so-so')"
    )


def test_exports_stand_in_the_log_as_comments(page, tmp_path):
    target = str(tmp_path / "turns.jsonl")
    page.ask("export", branch=page.key, format="jsonl", target=target)
    line = page.ask("log", start=0, stop=10)["lines"][0]
    assert line.startswith("# session.branches['main'].inspect().export('jsonl'")
