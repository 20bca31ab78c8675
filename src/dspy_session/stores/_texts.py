"""Text in rows: what a turn said stands in its own row, and prompts refer to it from others.

A reference is ``[[row, number], field, *path]``: the row of a turn, the record in it (outputs:
``-1 - number``), and the way to the text. Boilerplate and large values that repeat are rows of
their own, found by a digest of their content.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from typing_extensions import override

from .._files.document_texts import Reference, TextReader, TextWriter
from .._files.tagged_json import encode
from .._files.tags import TAG, Undecodable, tagged

_SHORTEST_SHARED = 64
"""Boilerplate shorter than this is written out: naming it would take as much room."""
_LARGE = 8_192
"""A single text longer than this gets a row of its own, so that it is stored once."""
_SHARED = "shared"
"""Marks a part of a text that has a row of its own."""
_STORED = "stored"
"""Marks a whole value that has one."""
_PARAGRAPH = re.compile(r".+?(?:\n\n+|\Z)", re.DOTALL)
_BUDGET = 2**31


def digest_of(text: str) -> str:
    """Return the name of a text: the same for the same text, and for no other."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class RowTextWriter(TextWriter):
    """Takes text apart into what the rows of a session hold.

    Args:
        share: Makes sure that a text has a row of its own; returns the row's key.
    """

    def __init__(self, share: Callable[[str], str]) -> None:
        super().__init__()
        self._share = share
        self.row = ""
        """Key of the row that is written now."""

    @override
    def _field_text(self, text: str, reference: Reference) -> Any:
        known = self._whole.get(text)
        if known is not None and known[0][0] == self.row:
            return self._known_text(text, reference)
        self._remember(text, reference)
        return text  # each turn can be read without the others

    @override
    def parts(self, text: str) -> list[Any]:
        found: list[Any] = []
        for part in super().parts(text):
            found += part if isinstance(part, _Chunks) else [part]
        return found

    @override
    def _piece(self, text: str) -> Any:
        # Boilerplate repeats by the paragraph; what stands between may be new each time.
        chunks, short = _Chunks(), ""
        for chunk in _PARAGRAPH.findall(text):
            if len(chunk) < _SHORTEST_SHARED:
                short += chunk
                continue
            chunks += [encode(short)] if short else []
            chunks.append(tagged(_SHARED, key=self._share(chunk)))
            short = ""
        return _Chunks([*chunks, encode(short)]) if short else chunks


class _Chunks(list[Any]):
    """Several parts of a text that stand in place of one."""


class Rows(Protocol):
    """What a text reader needs of the rows around it."""

    def record_json(self, row: str, number: int) -> Any:
        """Return a record of a turn's row as it stands there."""
        ...

    def shared_text(self, key: str) -> str:
        """Return the text with a row of its own."""
        ...

    def lost(self, problem: Undecodable) -> str:
        """Return what to read in place of a text that is gone, or raise the problem."""
        ...


class RowTextReader(TextReader):
    """Puts the text of one row together again."""

    def __init__(self, rows: Rows, records: list[Any]) -> None:
        super().__init__([], records, _BUDGET)
        self._rows = rows

    @override
    def _part(self, part: Any) -> str:
        if type(part) is dict and cast("Any", part).get(TAG) == _SHARED:
            return self._rows.shared_text(str(cast("Any", part).get("key")))
        try:
            return super()._part(part)
        except Undecodable as problem:
            return self._rows.lost(problem)

    @override
    def _referred(self, reference: Sequence[Any]) -> str:
        head, *path = reference
        fits = type(head) is list and len(head) == 2 and type(head[0]) is str
        if not fits or type(head[1]) is not int:
            raise Undecodable(f"{reference!r:.80} refers to no row")
        row, number = head
        side = "inputs" if number >= 0 else "outputs"
        found = self._rows.record_json(row, number if number >= 0 else -1 - number)
        for key in (side, *path):
            inside = (type(found) is list and type(key) is int and 0 <= key < len(found)) or (
                type(found) is dict and type(key) is str and key in found
            )
            if not inside:
                raise Undecodable(f"it refers to {reference!r:.80}, which is not there")
            found = cast("Any", found)[key]
        if type(found) is dict and found.get(TAG) == "text":  # the same text, earlier in that row
            return self.text(found.get("parts"))
        if type(found) is not str:
            raise Undecodable(f"it refers to {reference!r:.80}, which is no text")
        return found


def packed(data: Any, share: Callable[[str], str]) -> str:
    """Return the JSON text of a row; large texts in it get rows of their own."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(text) < _LARGE:
        return text
    return json.dumps(
        _hoisted(data, share), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def _hoisted(data: Any, share: Callable[[str], str]) -> Any:
    if type(data) is str:
        return data if len(data) < _LARGE else tagged(_STORED, key=share(data))
    if type(data) is list:
        return [_hoisted(item, share) for item in data]
    if type(data) is dict:
        return {name: _hoisted(item, share) for name, item in data.items()}
    return data


def unpacked(body: str, shared_text: Callable[[str], str]) -> Any:
    """Return the data in a row's JSON text, with the large texts put back in."""
    data = json.loads(body)
    return _lowered(data, shared_text) if f'"{TAG}":"{_STORED}"' in body else data


def _lowered(data: Any, shared_text: Callable[[str], str]) -> Any:
    if type(data) is list:
        return [_lowered(item, shared_text) for item in data]
    if type(data) is not dict:
        return data
    if data.get(TAG) == _STORED:
        return shared_text(str(data.get("key")))
    return {name: _lowered(item, shared_text) for name, item in data.items()}
