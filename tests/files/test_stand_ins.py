"""Values of unknown classes: refused, or shown as what was written of them where that is wanted."""

from __future__ import annotations

import dataclasses
import enum
from typing import NamedTuple

import pydantic
import pytest

from dspy_session._as_text import as_text
from dspy_session._files.stand_ins import StandIn
from dspy_session._files.tagged_json import decode, encode
from dspy_session.errors import FileFormatError


class Order(pydantic.BaseModel):
    id: int
    lines: list[str]


@dataclasses.dataclass
class Place:
    city: str
    tags: set[str]


class Colour(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: str


WANTED = {"StandIn": StandIn}
VALUES = [
    Order(id=3, lines=["a"]),
    Place("Oslo", {"x"}),
    Colour.RED,
    Pair(1, "b"),
    [Order(id=1, lines=[]), {"at": Place("Rome", set())}],
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_stand_in_is_written_as_the_value_it_stands_for(value):
    written = encode(value)
    with pytest.raises(FileFormatError, match="is not known here"):
        decode(written, {})
    shown = decode(written, WANTED)
    assert encode(shown) == written
    known = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in (Order, Place, Colour, Pair)}
    assert decode(encode(shown), known) == value


def test_a_stand_in_reads_as_what_it_holds():
    shown = decode(encode(Order(id=3, lines=["a", "b"])), WANTED)
    assert shown["id"] == 3
    assert repr(shown) == "Order(id=3, lines=['a', 'b'])"
    assert as_text(shown) == '{"id": 3, "lines": ["a", "b"]}'


def test_classes_that_are_known_are_rebuilt_all_the_same():
    name = f"{Order.__module__}.{Order.__qualname__}"
    assert decode(encode(Order(id=3, lines=[])), {**WANTED, name: Order}) == Order(id=3, lines=[])
