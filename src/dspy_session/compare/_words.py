"""Two texts compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

DiffPart = tuple[Literal["same", "added", "removed"], str]
"""A run of words of a word diff, in reading order."""

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

_MOST_WORK = 400_000
"""The most pairs of words to compare; longer texts are compared by lines, or not at all."""


def word_diff(original: str, edited: str) -> list[DiffPart]:
    """Return the runs that stayed, went and came, in reading order.

    ``same`` and ``removed`` runs together are the original, ``same`` and ``added`` the edited text.
    """
    if original == edited:
        return [("same", original)] if original else []
    return list(_joined(_parts(original, edited)))


def _parts(original: str, edited: str) -> Iterator[DiffPart]:
    old, new = _WORDS.findall(original), _WORDS.findall(edited)
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    yield "same", "".join(old[:start])
    yield from _middle(old[start : len(old) - end], new[start : len(new) - end])
    yield "same", "".join(old[len(old) - end :])


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    for count, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return count
    return min(len(left), len(right))


def _middle(old: list[str], new: list[str]) -> Iterator[DiffPart]:
    if len(old) * len(new) > _MOST_WORK:
        old, new = _LINES.findall("".join(old)), _LINES.findall("".join(new))
    if len(old) * len(new) > _MOST_WORK:
        yield "removed", "".join(old)
        yield "added", "".join(new)
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
