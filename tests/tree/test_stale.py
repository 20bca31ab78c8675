"""Stale marks, against the branch's own answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.branches import said, turn_after

from dspy_session._tree.branch import Branch
from dspy_session._tree.record import FieldFilter, Window

steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 3)),
        st.tuples(st.just("edit"), st.integers(0, 9)),
        st.tuples(st.just("revert"), st.integers(0, 9)),
        st.tuples(st.just("other"), st.integers(0, 2)),
    ),
    max_size=14,
)


def stepped(branch: Branch, kind: str, number: int) -> Branch:
    if kind == "say":
        return said(branch, "q", "a")
    if kind == "other":
        length = len(branch.log)
        window = (
            Window(max(length - 1, 0), length, edits=branch.edits),
            Window(0, length, fields=FieldFilter(frozenset({"answer"})), edits=branch.edits),
            Window(given=({"question": "x"},)),
        )[number]
        return branch.appended(
            turn_after(branch, {"question": "q"}, {"answer": "a"}, window=window)
        )
    if not len(branch.log):
        return branch
    record = branch.log[number % len(branch.log)]
    return branch.edited(record.id, {"answer": f"new {number}"} if kind == "edit" else None)


@given(steps)
def test_marks_agree_with_the_branch(made):
    branch = Branch()
    for kind, number in made:
        branch = stepped(branch, kind, number)
    for position in range(len(branch.log)):
        expected = bool(branch.stale_because(branch.log[position], position))
        assert branch.is_stale(position) == expected


def test_an_edited_array_makes_later_turns_stale():
    branch = said(said(Branch(), "q", np.arange(3)), "q", "a")
    branch = branch.edited(branch.log[0].id, {"answer": np.arange(4)})
    assert [branch.is_stale(position) for position in (0, 1)] == [False, True]
