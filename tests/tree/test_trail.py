"""What differs between two versions of marks."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from support.branches import numbered

from dspy_session._tree.amend import edit_outputs, give_score
from dspy_session._tree.branch import Branch


def differing(old: Branch, new: Branch) -> set[str]:
    return {one for one in {*old.marks, *new.marks} if old.marks.get(one) != new.marks.get(one)}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.booleans()), max_size=12))
def test_all_records_that_were_marked_on_either_way_are_named(steps):
    versions = [numbered(5)]
    for source, position, edits in steps:
        branch = versions[source % len(versions)]
        record = branch.log[position]
        if edits:
            versions.append(edit_outputs(branch, position, record, {"answer": f"{source}"}, ()))
        else:
            versions.append(give_score(branch, record, float(source)))
    for old in versions:
        for new in versions:
            assert new.remarked(old) >= differing(old, new)


def test_two_forks_are_told_apart_by_what_was_marked_since():
    main = numbered(50)
    for record in main.log:
        main = give_score(main, record, 1.0)
    one, other = main.log[3], main.log[4]
    fork = give_score(main.forked(50, "fork", 1), one, 0.0)
    assert fork.remarked(give_score(main, other, 0.0)) == {one.id, other.id}
    assert main.remarked(main) == set()


def test_marks_that_came_about_in_another_way_are_compared_one_by_one():
    main = give_score(numbered(5), numbered(1).log[0], 1.0)
    marked = give_score(main, main.log[2], 1.0)
    loaded = dataclasses.replace(numbered(1), marks=marked.marks)
    assert loaded.remarked(main) == {main.log[2].id}
