"""Texts for the page: what every transport can carry, and previews of long ones.

Positions and lengths count as the page counts them: in UTF-16 units, as JavaScript does.
"""

from __future__ import annotations

import re
from typing import Any

from ..._as_text import as_text as as_text  # the page's texts and those it makes of them
from ..._beginning import beginning
from .._protocol.messages import PREVIEW_CHARS, TEXT_CHARS
from .._protocol.shapes import Preview, Text

_LOOKED_CHARS = 4_000
"""How much of a value that is no text is made text for a row."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def safe(text: str) -> str:
    """Return the text with each lone surrogate replaced: no JSON transport carries those."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def units(text: str) -> int:
    """Return the length of a text as the page counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, start: int, stop: int) -> str:
    """Return the part from unit ``start`` to ``stop``; a pair of units is never cut in two."""
    if text.isascii():
        return text[start:stop]
    data = text[:stop].encode("utf-16-le", "surrogatepass")
    inside = stop > start + 1 and _ends_high(data[: 2 * stop])
    return data[2 * start : 2 * (stop - inside)].decode("utf-16-le", "replace")


def _ends_high(data: bytes) -> bool:
    return len(data) > 1 and 0xD8 <= data[-1] < 0xDC  # UTF-16's high surrogates


def clipped(text: str) -> Text:
    """Return a text for one answer: in full, or the beginning of a very long one."""
    return Text(text=cut(text, 0, TEXT_CHARS), length=units(text))


def preview(field: str, value: Any, *, edited: bool = False) -> Preview:
    """Return the beginning of a field's value, and how much more there is.

    Of a long list or mapping only the beginning is made text; then there is more than it says.
    """
    whole = isinstance(value, str)
    text, left, lines = beginning(value, TEXT_CHARS if whole else _LOOKED_CHARS)
    shown = cut(text, 0, PREVIEW_CHARS)
    rest = left + units(text) - units(shown)
    lines += text.count("\n", min(len(shown), len(text)))
    if whole and left:
        lines += value.count("\n", len(text))
    return Preview(
        field=safe(field),
        text=shown if shown.isascii() else safe(shown),
        more_lines=lines if rest else 0,
        more_chars=rest,
        edited=edited,
    )


def one_line(value: Any, limit: int = 60) -> str:
    """Return a value on one line of at most ``limit`` characters."""
    text, left, _ = beginning(value, 4 * limit)
    line = " ".join(text.split())
    return safe(line if len(line) <= limit and not left else line[: limit - 1] + "…")
