"""Word diffs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dspy_session.compare import _words, word_diff

words = st.lists(
    st.sampled_from(["red", "blue", "go", " ", "\n", ".", ",", "é", "x_y"]), max_size=30
)


def rebuilt(parts, kind):
    return "".join(text for part, text in parts if part in ("same", kind))


@given(words.map("".join), words.map("".join))
def test_a_diff_holds_both_texts(original, edited):
    parts = word_diff(original, edited)
    assert rebuilt(parts, "removed") == original
    assert rebuilt(parts, "added") == edited
    assert all(text for _, text in parts)
    kinds = [kind for kind, _ in parts]
    assert all(one != other for one, other in pairwise(kinds))


def test_only_the_words_that_changed_are_marked():
    assert word_diff("Check the email folder.", "Check the spam folder.") == [
        ("same", "Check the "),
        ("removed", "email"),
        ("added", "spam"),
        ("same", " folder."),
    ]


def test_equal_texts_have_one_run_and_empty_ones_none():
    assert word_diff("same", "same") == [("same", "same")]
    assert word_diff("", "") == []


def test_very_long_texts_are_compared_by_lines():
    old = "".join(f"line {n} one\n" for n in range(600))
    new = old.replace("line 300 one", "line 300 two").replace("line 5 one", "line 5 two")
    parts = word_diff(old, new)
    assert rebuilt(parts, "added") == new
    changed = [text for kind, text in parts if kind == "removed"]
    assert all(len(text) < 20 for text in changed)


def test_endless_texts_without_anything_in_common_do_not_take_for_ever():
    old, new = ("a " * 5000), ("b\n" * 5000)
    parts = word_diff(old, new)
    assert rebuilt(parts, "removed") == old
    assert rebuilt(parts, "added") == new


def test_words_that_begin_or_end_alike_are_still_two_words():
    assert word_diff("a reddish blue", "a redder blue") == [
        ("same", "a "),
        ("removed", "reddish"),
        ("added", "redder"),
        ("same", " blue"),
    ]
    assert word_diff("so undone", "so done") == [
        ("same", "so "),
        ("removed", "undone"),
        ("added", "done"),
    ]


def test_one_word_is_found_in_a_megabyte():
    text = "Because of this and that. " * 40_000
    place = text.index("this", 700_000)
    edited = text[:place] + "another" + text[place + 4 :]
    assert word_diff(text, edited) == [
        ("same", text[:place]),
        ("removed", "this"),
        ("added", "another"),
        ("same", text[place + 4 :]),
    ]


def test_megabytes_that_differ_throughout_are_not_taken_apart_into_words(monkeypatch):
    asked = []

    class Words:
        @staticmethod
        def findall(text):
            asked.append(len(text))
            return _words._LINES.findall(text)

    monkeypatch.setattr(_words, "_WORDS", Words)
    old, new = "some words and " * 70_000, "other texts but " * 70_000
    parts = [("removed", old[:-1]), ("added", new[:-1]), ("same", " ")]
    assert word_diff(old, new) == parts
    assert sum(asked) < 200_000
