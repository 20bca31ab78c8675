"""Texts for the page: what every transport can carry, and previews of long ones.

Positions and lengths count as the page counts them: in UTF-16 units, as JavaScript does.
"""

from __future__ import annotations

import re
from typing import Any

from .._as_text import as_text as as_text  # the page's texts and those it makes of them
from ._protocol import PREVIEW_CHARS, TEXT_CHARS
from ._shapes import Preview, Text

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
    """Return the beginning of a field's value, and how much more there is."""
    text = as_text(value)
    shown = cut(text, 0, PREVIEW_CHARS)
    rest = units(text) - units(shown)
    return Preview(
        field=safe(field),
        text=shown if shown.isascii() else safe(shown),
        more_lines=text.count("\n", min(len(shown), len(text))) if rest else 0,
        more_chars=rest,
        edited=edited,
    )


def one_line(value: Any, limit: int = 60) -> str:
    """Return a value on one line of at most ``limit`` characters."""
    text = as_text(value)
    line = " ".join(text[: 4 * limit].split())
    return safe(line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1] + "…")
