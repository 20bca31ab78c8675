"""Beginnings of values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dspy_session._as_text import as_text
from dspy_session._beginning import beginning

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats()
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=40,
)


@given(values, st.integers(1, 120))
def test_it_begins_as_the_whole_text_does_and_knows_whether_there_is_more(value, chars):
    whole = as_text(value)
    text, left, items = beginning(value, chars)
    assert text == whole[:chars]
    assert (left > 0) == (len(whole) > chars)
    assert left <= max(0, len(whole) - chars)
    assert left == max(0, len(whole) - chars) or not isinstance(value, str)
    assert items == 0 or left


class Counted(list):
    """A list that counts how often its items were looked at."""

    looked_at = 0

    def __iter__(self):
        for item in super().__iter__():
            self.looked_at += 1
            yield item


def test_of_a_long_list_only_the_beginning_is_looked_at():
    value = Counted(f"item {number}" for number in range(100_000))
    text, left, items = beginning({"found": value}, 400)
    assert text.startswith('{\n  "found": [\n    "item 0",\n')
    assert value.looked_at < 200
    assert left >= items > 99_000
