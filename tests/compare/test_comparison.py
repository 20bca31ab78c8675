"""Two branches beside each other."""

from __future__ import annotations

import dspy
import pandas as pd
import pytest
from support.scripted import scripted_lm

from dspy_session import Comparison, errors, sessionify


def chat(*answers, **settings):
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(scripted_lm(*({"answer": answer} for answer in answers)))
    return session


def asked(session, count):
    for _ in range(count):
        session(question=f"q{len(session)}")
    return session


def forked():
    """``main`` and ``alt``, which share one turn and go three and two turns further."""
    session = asked(chat("hello", "check your email", "bye", "so long", "check your spam"), 4)
    other = session.fork(at=1, name="alt")
    return session, asked(other, 1)


def length(example, prediction):
    return len(prediction.answer)


def test_branches_are_aligned_by_depth_and_know_what_they_share():
    session, alt = forked()
    comparison = session.compare("alt")
    assert isinstance(comparison, Comparison)
    assert (comparison.left_name, comparison.right_name) == ("main", "alt")
    assert (len(comparison), comparison.shared) == (4, 1)
    assert [turn.index for turn in comparison] == [0, 1, 2, 3]
    assert [turn.shared for turn in comparison] == [True, False, False, False]
    assert [turn.left for turn in comparison] == list(session.turns)
    assert [turn.right for turn in comparison] == [*alt.turns, None, None]
    assert [turn.index for turn in comparison.changed] == [1, 2, 3]


def test_fields_have_word_diffs():
    session, alt = forked()
    question, answer = session.compare(alt)[1].fields
    assert (question.name, question.kind, question.changed) == ("question", "input", False)
    assert question.parts == [("same", "q1")]
    assert (answer.name, answer.kind, answer.changed) == ("answer", "output", True)
    assert (answer.left, answer.right) == ("check your email", "check your spam")
    assert answer.parts == [("same", "check your "), ("removed", "email"), ("added", "spam")]


def test_a_turn_that_one_side_lacks_is_all_added_or_removed():
    session, alt = forked()
    row = session.compare(alt)[2]
    assert [field.only for field in row.fields] == ["left", "left"]
    assert row.changes[1].parts == [("removed", "bye")]
    assert alt.compare(session)[2].changes[1].parts == [("added", "bye")]
    assert row.prompt_tokens.left == 10
    assert row.prompt_tokens.right is row.prompt_tokens.delta is None


def test_edits_count_also_on_shared_turns():
    session, alt = forked()
    alt.edit_turn(0, outputs={"answer": "hello Mia"})
    row = session.compare(alt)[0]
    assert row.shared
    assert [field.name for field in row.changes] == ["answer"]
    assert row.changes[0].parts == [("same", "hello"), ("added", " Mia")]


def test_scores_are_compared_metric_by_metric():
    session, alt = forked()
    session.score(length)
    alt.score(length)
    alt.edit_turn(1, score=0.5)
    comparison = session.compare(alt)
    change = comparison[1].scores["length"]
    assert (change.left, change.right, change.delta) == (16.0, 15.0, -1.0)
    assert comparison[1].scores["hand"].delta is None
    assert comparison.metrics == ["length", "hand"]
    assert [turn.index for turn in comparison.worse("length")] == [1]
    assert comparison.better("length") == []
    assert comparison.worse() == []  # a hand's 0.5 is not to be compared with a length
    mean = comparison.mean_score("length")
    assert (mean.left, mean.right, mean.delta) == (10.5, 10.0, -0.5)
    assert comparison.mean_score("hand").left is None


def test_numbers_of_the_calls_are_compared():
    left = asked(chat("a"), 1)
    right = sessionify(dspy.Predict("question -> answer"))
    right.set_lm(scripted_lm({"answer": "a"}, usage=(7, 9)))
    row = left.compare(asked(right, 1))[0]
    assert (row.prompt_tokens.delta, row.completion_tokens.delta) == (-3, 4)
    assert row.latency_s.left > 0
    assert row.latency_s.delta == pytest.approx(row.latency_s.right - row.latency_s.left)
    assert not row.changed


def test_conversations_of_two_programs_can_be_compared():
    left = asked(chat("4"), 1)
    right = sessionify(dspy.Predict("question -> answer: int, why"))
    right.set_lm(scripted_lm({"answer": 4, "why": "sum"}))
    comparison = left.compare(asked(right, 1))
    assert comparison.shared == 0
    _, answer, why = comparison[0].fields
    assert answer.changed  # a text is no number
    assert (why.only, why.left, why.parts) == ("right", None, [("added", "sum")])


def test_what_is_compared_does_not_move():
    session, alt = forked()
    comparison = session.compare(alt)
    before = repr(comparison)
    alt.edit_turn(1, outputs={"answer": "other"})
    session.undo(2)
    assert repr(comparison) == before


def test_values_are_copies():
    session = sessionify(dspy.Predict("question -> answers: list[str]"))
    session.set_lm(scripted_lm({"answers": ["a"]}))
    comparison = asked(session, 1).compare(session)
    comparison[0].fields[1].left.append("b")
    assert session.turns[0].outputs == {"answers": ["a"]}
    assert not comparison[0].changed


def test_trimmed_branches_are_aligned_by_depth():
    session = asked(chat(*"abcdef", max_stored_turns=2), 4)
    alt = session.fork(at=3)
    asked(alt, 1)
    comparison = session.compare(alt)
    assert [turn.index for turn in comparison] == [2, 3]
    assert comparison.shared == 3
    assert comparison[-1].index == 3
    assert [turn.index for turn in comparison[:1]] == [2]


def test_it_prints_what_differs():
    session, alt = forked()
    session.score(length)
    alt.score(length)
    assert repr(session.compare(alt)).splitlines() == [
        "main ↔ alt: 4 turns, 1 shared, 3 differ",
        "  turn 1: length 16.00 → 15.00 (-1.00)",
        "    answer: check your [-email-]{+spam+}",
        "  turn 2: only on the left, length 3.00 → —",
        "    question: [-q2-]",
        "    answer: [-bye-]",
        "  turn 3: only on the left, length 7.00 → —",
        "    question: [-q3-]",
        "    answer: [-so long-]",
        "  mean length: 10.50 → 10.00 (-0.50)",
    ]
    assert repr(session.compare(session)) == (
        "main ↔ main: 4 turns, 4 shared, none differ\n  mean length: 7.75 → 7.75 (+0.00)"
    )


def test_printing_keeps_to_what_changed_in_long_texts():
    words = "same " * 200
    left, right = asked(chat(words + "old " + words), 1), asked(chat(words + "new " + words), 1)
    shown = repr(left.compare(right))
    assert "[-old-]{+new+}" in shown
    assert len(shown) < 200


def test_a_table_has_one_row_a_depth():
    session, alt = forked()
    session.score(length)
    alt.score(length)
    frame = session.compare(alt).to_dataframe()
    assert list(frame["turn"]) == [0, 1, 2, 3]
    assert list(frame["shared"]) == [True, False, False, False]
    assert list(frame["turn_id.right"]) == [*(turn.id for turn in alt.turns), None, None]
    assert frame["output.answer.diff"][1] == "check your [-email-]{+spam+}"
    assert frame["output.answer.diff"][0] is None
    assert frame["score.length.change"][1] == -1.0
    assert pd.isna(frame["score.length.change"][2])
    assert frame["prompt_tokens.change"][1] == 0
    assert frame["prompt_tokens.left"].dtype == "Int64"
    assert chat().compare(chat()).to_dataframe().empty


def test_what_cannot_be_compared_is_refused():
    session = chat()
    with pytest.raises(errors.BranchNotFoundError, match="nowhere"):
        session.compare("nowhere")
    with pytest.raises(errors.ArgumentTypeError, match="got int"):
        session.compare(3)
    with pytest.raises(errors.TurnNotFoundError, match="no row 0"):
        session.compare(session)[0]
