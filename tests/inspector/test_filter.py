"""Filters."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.branches import numbered, said

from dspy_session._tree.amendments import Mark, Score
from dspy_session._tree.branch import Branch
from dspy_session.inspector._view import filter as turn_filter
from dspy_session.inspector._view.filter import FilteredBranches, holds, matches

texts = st.sampled_from(["Red", "blue", "REDDISH", ""])
turns = st.fixed_dictionaries(
    {
        "question": texts,
        "answer": texts | st.integers(0, 2),
        "score": st.none() | st.sampled_from([0.0, 0.5, 1.0]),
        "label": st.none() | st.just("Red"),
        "note": st.none() | st.just("noted"),
        "excluded": st.booleans(),
        "edit": st.none() | texts,
    }
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "search": st.sampled_from(["", "red", "BLUE", "noted", "1"]),
        "min_score": st.none() | st.sampled_from([0, 0.0, 0.5]),
        "max_score": st.none() | st.sampled_from([0.0, 0.5]),
        "scored": st.none() | st.booleans(),
        "edited": st.booleans(),
        "stale": st.booleans(),
        "excluded": st.none() | st.booleans(),
        "label": st.none() | st.sampled_from(["Red", "x"]),
        "sort": st.sampled_from(["index", "score"]),
        "descending": st.booleans(),
    },
)


def built(specs):
    branch = Branch()
    for spec in specs:
        branch = said(branch, spec["question"], spec["answer"])
        record = branch.log.last
        scores = {} if spec["score"] is None else {"m": Score(spec["score"])}
        mark = Mark(scores, "m" if scores else None, spec["label"], spec["note"], spec["excluded"])
        branch = branch.marked(record.id, mark)
    for position, spec in enumerate(specs):
        if spec["edit"] is not None:
            branch = branch.edited(branch.log[position].id, {"answer": spec["edit"]})
    return branch


def passes(branch, position, wanted):
    record = branch.log[position]
    mark, outputs = branch.mark(record), branch.outputs(record)
    score = None if mark.score is None else mark.score.value
    texts = [*record.inputs.values(), *outputs.values(), mark.label or "", mark.note or ""]
    checks = {
        "search": lambda v: any(v.lower() in str(text).lower() for text in texts),
        "min_score": lambda v: v is None or (score is not None and score >= v),
        "max_score": lambda v: v is None or (score is not None and score <= v),
        "scored": lambda v: v is None or (score is not None) == v,
        "edited": lambda v: not v or record.id in branch.edits,
        "stale": lambda v: not v or bool(branch.stale_because(record, position)),
        "excluded": lambda v: v is None or mark.excluded == v,
        "label": lambda v: v is None or mark.label == v,
    }
    return all(checks[name](value) for name, value in wanted.items() if name in checks)


@given(st.lists(turns, max_size=8), filters)
def test_a_filter_finds_what_looking_at_every_turn_finds(specs, wanted):
    branch = built(specs)
    expected = [one for one in range(len(branch.log)) if passes(branch, one, wanted)]
    found = FilteredBranches().positions(branch, wanted)
    assert sorted(found) == expected
    assert list(found) == matches(branch, wanted)
    if wanted.get("sort") != "score":
        assert list(found) == (expected[::-1] if wanted.get("descending") else expected)
        return
    scores = [branch.mark(branch.log[one]).score for one in found]
    values = [score.value for score in scores if score is not None]
    assert values == sorted(values, reverse=wanted.get("descending", False))
    assert all(score is None for score in scores[len(values) :])


def test_without_a_filter_nothing_is_worked_out():
    branch = numbered(5)
    assert FilteredBranches().positions(branch, {}) == range(5)
    assert FilteredBranches().positions(branch, {"search": "", "label": None}) == range(5)


def test_what_a_filter_found_is_kept_until_the_branch_changes():
    filtered, branch = FilteredBranches(), numbered(5)
    first = filtered.positions(branch, {"search": "q3"})
    assert filtered.positions(branch, {"search": "q3"}) is first
    changed = said(branch, "q3 again", "a")
    assert filtered.positions(changed, {"search": "q3"}) == [3, 5]
    assert filtered.positions(dataclasses.replace(changed), {"search": "q3"}) == [3, 5]


@given(st.lists(turns, min_size=1, max_size=6), st.lists(turns, max_size=4), filters)
def test_what_is_known_of_an_older_version_serves_the_next(specs, more, wanted):
    branch, filtered = built(specs), FilteredBranches()
    for spec in [*more, *specs]:
        filtered.positions(branch, wanted)
        branch = said(branch, spec["question"], spec["answer"])
        record = branch.log[len(branch.log) // 2]
        if spec["label"]:
            branch = branch.marked(record.id, Mark(label="Red"))
        if spec["edit"] is not None:
            branch = branch.edited(record.id, {"answer": spec["edit"]})
        if spec["excluded"]:
            branch = branch.cut(max(1, len(branch.log) - 2))
        assert list(filtered.positions(branch, wanted)) == matches(branch, wanted)


@given(st.lists(turns, max_size=6), filters, st.sampled_from(["r", "red", "redd", "b", "E"]))
def test_what_a_shorter_search_found_serves_a_longer_one(specs, wanted, typed):
    branch, filtered = built(specs), FilteredBranches()
    for length in range(len(typed) + 1):
        now = {**wanted, "search": typed[:length]}
        assert list(filtered.positions(branch, now)) == matches(branch, now)


@pytest.fixture
def searched(monkeypatch):
    """The positions whose texts were searched."""
    seen = []

    def counted(branch, position, text):
        seen.append(position)
        return holds(branch, position, text)

    monkeypatch.setattr(turn_filter, "holds", counted)
    return seen


def test_only_new_and_changed_turns_are_searched_again(searched):
    filtered, branch = FilteredBranches(), numbered(2_000)
    filtered.positions(branch, {"search": "q19"})
    searched.clear()
    branch = said(branch, "q19 again", "a")
    branch = branch.marked(branch.log[7].id, Mark(note="q19 too"))
    assert list(filtered.positions(branch, {"search": "q19"}))[:2] == [7, 19]
    assert sorted(searched) == [7, 2_000]


def test_while_a_search_is_typed_only_what_was_found_is_searched(searched):
    filtered, branch = FilteredBranches(), numbered(2_000)
    filtered.positions(branch, {"search": "q19"})
    searched.clear()
    assert list(filtered.positions(branch, {"search": "q199"})) == [199, *range(1_990, 2_000)]
    assert len(searched) == 111
