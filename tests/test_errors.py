"""One tree of errors."""

from __future__ import annotations

import inspect
import re

import pytest

from dspy_session import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_every_public_error_is_in_the_tree_and_the_list():
    found = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert found == set(errors.__all__)
    assert list(errors.__all__) == sorted(errors.__all__)
    assert all(issubclass(one, errors.DspySessionError) for one in CLASSES)


def test_the_tree_that_is_drawn_is_the_tree_there_is():
    drawn = re.findall(
        r"^ *([│├└─ ]*)(\w+Error)\b(?: +\(also (\w+)\))?", errors.__doc__, re.MULTILINE
    )
    assert {name for _, name, _ in drawn} == set(errors.__all__)
    parents: list[tuple[int, str]] = []
    for lead, name, also in drawn:
        depth = len(lead)
        parents = [parent for parent in parents if parent[0] < depth]
        error = getattr(errors, name)
        if parents:
            assert getattr(errors, parents[-1][1]) in error.__bases__
        if also:
            assert also in [base.__name__ for base in error.__mro__]
        parents.append((depth, name))


@pytest.mark.parametrize("error", CLASSES)
def test_a_message_reads_as_it_was_written(error):
    assert str(error("no field 'answer'; it has 'reply'")) == "no field 'answer'; it has 'reply'"
    assert str(error()) == ""
