"""Text that is said once and read often: prompts refer to the fields they were made of.

A prompt repeats what the turns say, wrapped in the adapter's boilerplate. Here a text is a list
of parts: boilerplate by number, and references to where the same text stands in a record's
fields. A reference is ``[record, field, *path]``, with ``-1 - record`` for an output; with
``"a"`` or ``"u"`` before it, the text is escaped as in JSON (ASCII only, or not).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from .known_types import Types
from .tagged_json import decode, encode
from .tags import TAG, Undecodable, tagged

Reference = list[Any]

_SHORTEST = 16
"""Text shorter than this is written out: a reference would be no shorter."""
_SHORTEST_FIELD = 64
"""The same for a whole field, where a reference takes more room and reads worse."""
_HEADS = (64, _SHORTEST)
_CANDIDATES = 16
"""How many texts that begin alike are tried, newest first."""
_SHORTEST_PIECE = 8
# Where a field's text may begin: after a line's end, or where adapters quote a value.
_ANCHOR = re.compile(r'\n|: "|>|«|: ')
_ESCAPED = re.compile(r'["\\\x00-\x1f]')

_INNER = ("items", "fields", "value", "extra", "private", "others")
_CONTAINERS = frozenset(
    {"tuple", "set", "frozenset", "dict", "namedtuple", "dataclass", "model", "object"}
)


class TextWriter:
    """Remembers the text of fields; takes other text apart into what it has seen."""

    def __init__(self) -> None:
        self.pieces: list[Any] = []
        self._numbers: dict[str, int] = {}
        self._whole: dict[str, Reference] = {}
        self._heads: dict[str, list[tuple[str, Reference]]] = {}

    def field(self, encoded: Any, reference: Reference) -> Any:
        """Return a field's JSON with text that stands elsewhere referred to; remember the rest."""
        return self._walked(encoded, reference, self._field_text)

    def referred(self, encoded: Any) -> Any:
        """Return the JSON of a value with text that stands in a field referred to."""
        return self._walked(encoded, [], self._known_text)

    def value(self, encoded: Any) -> Any:
        """Return the JSON of a value that was made of fields, taken apart."""
        return self._walked(encoded, [], self._made_text)

    def _walked(
        self, encoded: Any, reference: Reference, text: Callable[[str, Reference], Any]
    ) -> Any:
        cls = type(encoded)
        if cls is str:
            return text(encoded, reference) if len(encoded) >= _SHORTEST else encoded
        if cls is list:
            return [
                self._walked(item, [*reference, position], text)
                for position, item in enumerate(encoded)
            ]
        if cls is not dict:
            return encoded
        kind = encoded.get(TAG)
        if kind is not None and kind not in _CONTAINERS:
            return encoded
        return {
            name: self._walked(item, [*reference, name], text)
            if kind is None or name in _INNER
            else item
            for name, item in encoded.items()
        }

    def _field_text(self, text: str, reference: Reference) -> Any:
        if text not in self._whole:
            self._remember(text, reference)
            return text
        return self._known_text(text, reference)

    def _known_text(self, text: str, reference: Reference) -> Any:  # noqa: ARG002  # as above
        known = self._whole.get(text) if len(text) >= _SHORTEST_FIELD else None
        return text if known is None else tagged("text", parts=[known])

    def _made_text(self, text: str, reference: Reference) -> Any:  # noqa: ARG002  # as above
        parts = self.parts(text)
        return text if parts == [text] else tagged("text", parts=parts)

    def _remember(self, text: str, reference: Reference) -> None:
        self._whole[text] = reference
        self._add(text, reference)
        escapes = _ESCAPED.search(text) is not None
        if escapes:
            self._add(json.dumps(text, ensure_ascii=False)[1:-1], ["u", *reference])
        if not text.isascii():
            self._add(json.dumps(text)[1:-1], ["a", *reference])

    def _add(self, text: str, reference: Reference) -> None:
        head = text[: _HEADS[0] if len(text) >= _HEADS[0] else _HEADS[1]]
        self._heads.setdefault(head, []).append((text, reference))

    def parts(self, text: str) -> list[Any]:
        """Return a text as parts: what is known by reference, the rest as pieces."""
        found: list[Any] = []
        start = position = 0
        while True:
            known = self._known_at(text, position)
            if known is not None:
                if position > start:
                    found.append(self._piece(text[start:position]))
                found.append(known[1])
                start = position = position + len(known[0])
            anchor = _ANCHOR.search(text, position)
            if anchor is None:
                break
            position = anchor.end()
        if start < len(text):
            found.append(self._piece(text[start:]))
        return found

    def _known_at(self, text: str, position: int) -> tuple[str, Reference] | None:
        best: tuple[str, Reference] | None = None
        for size in _HEADS:
            for known in reversed(
                self._heads.get(text[position : position + size], ())[-_CANDIDATES:]
            ):
                longer = best is None or len(known[0]) > len(best[0])
                if longer and text.startswith(known[0], position):
                    best = known
            if best is not None:
                break
        return best

    def _piece(self, text: str) -> Any:
        if len(text) < _SHORTEST_PIECE:
            return encode(text)
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.pieces)
            self.pieces.append(encode(text))
        return number


class TextReader:
    """Puts text together again.

    Args:
        pieces: The numbered pieces of boilerplate.
        records: The records as they stand in the document.
        budget: How many characters may be put together before the document counts as damaged.
    """

    def __init__(self, pieces: list[Any], records: list[Any], budget: int) -> None:
        self._pieces: list[str] = []
        self._records = records
        self._budget = budget
        for number, piece in enumerate(pieces):
            text = decode(piece, {}, at=("pieces", number))
            if type(text) is not str:
                problem = Undecodable("a piece is text")
                problem.path += [number, "pieces"]
                raise problem
            self._pieces.append(text)

    def text(self, parts: Any) -> str:
        """Return the text of some parts."""
        if type(parts) is not list:
            raise Undecodable("text is written as a list of parts")
        found = [self._part(part) for part in parts]
        self.spend(sum(map(len, found)))
        return "".join(found)

    def spend(self, amount: int) -> None:
        """Refuse documents whose parts multiply beyond anything a memory could have held."""
        self._budget -= amount
        if self._budget < 0:
            raise Undecodable("it unfolds into more text than any conversation holds")

    def _part(self, part: Any) -> str:
        if type(part) is int and 0 <= part < len(self._pieces):
            return self._pieces[part]
        if type(part) is str:
            return part
        if type(part) is list and part:
            escape = part[0] if type(part[0]) is str else None
            text = self._referred(part if escape is None else part[1:])
            if escape is None:
                return text
            return json.dumps(text, ensure_ascii=escape == "a")[1:-1]
        text = decode(part, {})
        if type(text) is not str:
            raise Undecodable(f"{part!r:.80} is no part of a text")
        return text

    def _referred(self, reference: Sequence[Any]) -> str:
        number, *path = reference
        side = "inputs"
        if type(number) is int and number < 0:
            number, side = -1 - number, "outputs"
        found: Any = self._records
        keys: list[Any] = [number, side, *path]
        for key in keys:
            inside = (type(found) is list and type(key) is int and 0 <= key < len(found)) or (
                type(found) is dict and type(key) is str and key in found
            )
            if not inside:
                raise Undecodable(f"it refers to {reference!r:.80}, which is not there")
            found = cast("Any", found)[key]
        if type(found) is not str:
            raise Undecodable(f"it refers to {reference!r:.80}, which is no text")
        return found

    def value(self, encoded: Any, types: Types, *at: Any) -> Any:
        """Return the value of JSON that may refer to text elsewhere."""
        if type(encoded) is str:
            return encoded
        return decode(encoded, types, at=at, text=self.text)
