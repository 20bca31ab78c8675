"""Edits, scores, labels and notes as functions from a branch to a branch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_session import errors
from dspy_session._state import added_record
from dspy_session._tree.amend import (
    UNSET,
    annotate,
    check_version,
    checked_score,
    edit_outputs,
    give_score,
    revert_outputs,
)
from dspy_session._tree.amendments import NO_EDITS, NO_MARK, Mark, Score, changed_ids
from dspy_session._tree.branch import Branch
from dspy_session._tree.record import Window, new_id


def branch_with(outputs, *calls):
    """A branch with one turn, whose nested calls had these outputs."""
    branch = Branch()
    record = added_record(branch, {"question": "q"}, outputs, Window())
    nested = tuple(
        dataclasses.replace(record, id=new_id(), node=f"node{n}", outputs=out)
        for n, out in enumerate(calls)
    )
    record = dataclasses.replace(record, calls=nested)
    return branch.appended(record), record


def edited(branch, record, **outputs):
    return edit_outputs(branch, 0, record, outputs, ())


def test_an_edit_gives_a_new_branch_and_leaves_the_old_one():
    branch, record = branch_with({"answer": "a", "more": 1})
    new = edited(branch, record, answer="b")
    assert new.outputs(record) == {"answer": "b", "more": 1}
    assert branch.outputs(record) == {"answer": "a", "more": 1}
    assert record.outputs == {"answer": "a", "more": 1}
    assert new.mark(record).version == 1


def test_edits_of_several_fields_add_up():
    branch, record = branch_with({"answer": "a", "more": 1})
    both = edited(edited(branch, record, answer="b"), record, more=2)
    assert both.edits[record.id] == {"answer": "b", "more": 2}
    assert edited(both, record, answer="a").edits[record.id] == {"more": 2}


def test_an_edit_to_what_is_there_already_changes_nothing():
    branch, record = branch_with({"answer": "a"})
    assert edited(branch, record, answer="a") is branch
    once = edited(branch, record, answer="b")
    assert edited(once, record, answer="b") is once


def test_the_recorded_value_takes_an_edit_back():
    branch, record = branch_with({"answer": "a"})
    assert edited(edited(branch, record, answer="b"), record, answer="a").edits == NO_EDITS


@pytest.mark.parametrize(("recorded", "value"), [(1, True), (1, 1.0), ("1", 1), ([], ())])
def test_an_equal_value_of_another_type_is_an_edit(recorded, value):
    branch, record = branch_with({"answer": recorded})
    assert edited(branch, record, answer=value).edits[record.id] == {"answer": value}


def test_arrays_can_be_edited():
    branch, record = branch_with({"answer": np.zeros(3)})
    new = edited(branch, record, answer=np.ones(3))
    assert new.outputs(record)["answer"].sum() == 3


def test_an_edit_is_a_copy():
    branch, record = branch_with({"answer": []})
    value = ["a"]
    new = edited(branch, record, answer=value)
    value.append("b")
    assert new.outputs(record) == {"answer": ["a"]}


def test_an_unknown_field_is_refused_with_those_there_are():
    branch, record = branch_with({"answer": "a"})
    with pytest.raises(errors.FieldNotFoundError, match="'anwser'; it has 'answer', 'note'"):
        edit_outputs(branch, 0, record, {"anwser": "b"}, ("note",))
    assert edit_outputs(branch, 0, record, {"note": "n"}, ("note",)).outputs(record) == {
        "answer": "a",
        "note": "n",
    }


def test_an_edit_is_carried_into_calls_that_said_the_same():
    branch, record = branch_with({"answer": "a"}, {"answer": "a", "why": "w"}, {"answer": "other"})
    new = edited(branch, record, answer="b")
    assert [new.outputs(call) for call in record.calls] == [
        {"answer": "b", "why": "w"},
        {"answer": "other"},
    ]
    assert revert_outputs(new, 0, record, ("answer",)).edits == NO_EDITS


def test_an_edit_of_a_nested_call_stays_with_it():
    branch, record = branch_with({"answer": "a"}, {"answer": "a"})
    (call,) = record.calls
    new = edited(branch, call, answer="b")
    assert (new.outputs(call), new.outputs(record)) == ({"answer": "b"}, {"answer": "a"})


def test_a_field_that_was_only_declared_can_be_taken_back():
    branch, record = branch_with({"answer": "a"})
    new = edit_outputs(branch, 0, record, {"note": "n", "answer": "b"}, ("note",))
    assert revert_outputs(new, 0, record, ("note",)).edits[record.id] == {"answer": "b"}
    assert revert_outputs(new, 0, record, ("note", "answer")).edits == NO_EDITS


# --- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 1, True, 0.5, "0.5", np.float64(0.5), np.array(0.5)])
def test_numbers_of_all_kinds_are_scores(value):
    assert checked_score(value) == float(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_scores_are_finite(value):
    with pytest.raises(errors.ArgumentError, match="finite"):
        checked_score(value)


@pytest.mark.parametrize("value", [None, "high", [1], {}, object()])
def test_scores_are_numbers(value):
    with pytest.raises(errors.ArgumentTypeError, match=type(value).__name__):
        checked_score(value)


def test_the_score_given_last_counts_until_it_is_taken_away():
    branch, record = branch_with({"answer": "a"})
    branch = give_score(branch, record, 0.1, name="one", feedback="why")
    branch = give_score(branch, record, 0.2, name="two")
    branch = give_score(branch, record, 0.3, name="one")
    assert branch.mark(record).score == Score(0.3)
    branch = give_score(branch, record, None, name="one")
    assert branch.mark(record).score == Score(0.2)
    branch = give_score(branch, record, None, name="two")
    assert branch.mark(record).score is None
    assert branch.mark(record).scores == {}
    assert branch.mark(record).version == 5


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.floats(0, 1)), max_size=12))
def test_scores_are_kept_by_name(steps):
    mark, plain = Mark(), {}
    for name, value in steps:
        mark = mark.scored(name, None if value is None else Score(value))
        plain.pop(name, None) if value is None else plain.update({name: value})
        assert {key: score.value for key, score in mark.scores.items()} == plain
        assert (mark.latest in plain) == bool(plain)
        if value is not None:
            assert mark.score == Score(value)


# --- labels, notes, versions ----------------------------------------------------------------------


def test_what_is_unset_stays():
    branch, record = branch_with({"answer": "a"})
    branch = annotate(branch, record, label="good", note="why", excluded=True)
    assert annotate(branch, record) is branch
    assert annotate(branch, record, label=UNSET, note="why") is branch
    mark = annotate(branch, record, note=None, excluded=False).mark(record)
    assert (mark.label, mark.note, mark.excluded) == ("good", None, False)
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize("field", ["label", "note"])
def test_labels_and_notes_are_texts(field):
    branch, record = branch_with({"answer": "a"})
    with pytest.raises(errors.ArgumentTypeError, match=f"a {field} is a str or None, got int"):
        annotate(branch, record, **{field: 3})


def test_a_change_based_on_an_old_version_is_refused():
    branch, record = branch_with({"answer": "a"})
    check_version(branch.mark(record), 0)
    branch = edited(branch, record, answer="b")
    check_version(branch.mark(record), 1)
    with pytest.raises(errors.ConflictError, match="changed meanwhile"):
        check_version(branch.mark(record), 0)


def test_edits_that_differ_are_found_by_value():
    one = NO_EDITS.insert("a", {"x": 1}).insert("b", {"x": 1})
    other = NO_EDITS.insert("a", {"x": 1}).insert("b", {"x": 2}).insert("c", {"x": 1})
    assert changed_ids(one, one) == set()
    assert changed_ids(one, other) == changed_ids(other, one) == {"b", "c"}


def test_a_turn_nobody_touched_has_no_mark():
    branch, record = branch_with({"answer": "a"})
    assert branch.mark(record) is NO_MARK
