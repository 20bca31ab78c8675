"""Two texts compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

DiffPart = tuple[Literal["same", "added", "removed"], str]
"""A run of words of a word diff, in reading order."""

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_INSIDE = re.compile(r"\w\w|\s\s")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

_MOST_WORK = 400_000
"""The most pairs of words to compare; longer texts are compared by lines, or not at all."""

_MANY_CHARS = 100_000
"""Where as many characters differ, words are not even looked for."""

_LONGEST_WORD = 1_000


def word_diff(original: str, edited: str) -> list[DiffPart]:
    """Return the runs that stayed, went and came, in reading order.

    ``same`` and ``removed`` runs together are the original, ``same`` and ``added`` the edited text.
    """
    if original == edited:
        return [("same", original)] if original else []
    return list(_joined(_parts(original, edited)))


def _parts(original: str, edited: str) -> Iterator[DiffPart]:
    start = _between_words(original, edited, _same_start(original, edited))
    old, new = original[start:], edited[start:]
    end = _between_words(old[::-1], new[::-1], _same_start(old[::-1], new[::-1]))
    yield "same", original[:start]
    yield from _middle(old[: len(old) - end], new[: len(new) - end])
    yield "same", old[len(old) - end :]


def _same_start(left: str, right: str) -> int:
    """How many characters two texts begin with alike: comparing slices is quick, at any length."""
    low, step = 0, 64
    while step:
        high = low + step
        if high <= min(len(left), len(right)) and left[low:high] == right[low:high]:
            low, step = high, 2 * step
        else:
            step //= 2
    return low


def _between_words(left: str, right: str, end: int) -> int:
    """The last place up to ``end`` that lies within no word or blank of either text."""
    # In a word of a thousand letters any place will do.
    for place in range(end, max(end - _LONGEST_WORD, 0), -1):
        if not any(_INSIDE.match(text, place - 1) for text in (left, right)):
            return place
    return max(end - _LONGEST_WORD, 0)


def _middle(old_text: str, new_text: str) -> Iterator[DiffPart]:
    pattern = _WORDS if len(old_text) + len(new_text) < _MANY_CHARS else _LINES
    old, new = pattern.findall(old_text), pattern.findall(new_text)
    if len(old) * len(new) > _MOST_WORK:
        old, new = _LINES.findall(old_text), _LINES.findall(new_text)
    if len(old) * len(new) > _MOST_WORK:
        yield "removed", old_text
        yield "added", new_text
        return
    # Blanks are everywhere: they match beside words, never on their own.
    matcher = SequenceMatcher(str.isspace, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield "same", "".join(old[a:b])
        else:
            yield "removed", "".join(old[a:b])
            yield "added", "".join(new[c:d])


def _joined(parts: Iterator[DiffPart]) -> Iterator[DiffPart]:
    """Leave out empty runs, and make one of neighbours of a kind."""
    kind: Literal["same", "added", "removed"] = "same"
    text = ""
    for next_kind, next_text in parts:
        if not next_text:
            continue
        if next_kind != kind and text:
            yield kind, text
            text = ""
        kind, text = next_kind, text + next_text
    if text:
        yield kind, text
