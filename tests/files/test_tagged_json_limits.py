"""What cannot be written or read is named, and only classes that the program names come back."""

from __future__ import annotations

import dataclasses
import datetime
import fractions
import uuid
from typing import Annotated, Any, Generic, Literal, Optional

import numpy as np
import pytest
from support.values import (
    TYPES,
    Box,
    Color,
    Frozen,
    Level,
    Order,
    Person,
    Point,
    Row,
    T,
    Text,
    there_and_back,
)

import dspy_session._files.dspy_types  # noqa: F401  # makes DSPy's types known
from dspy_session._files.known_types import register_type, type_name, types_in
from dspy_session._files.tagged_json import MAX_DEPTH, decode, encode, from_bytes
from dspy_session.errors import ArgumentTypeError, EncodeError, FileFormatError

# --- what cannot be written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {"b": object()}]}, r"outputs\.a\[1\]\.b cannot be written: files know no"),
        ([lambda: 1], r"outputs\[0\] cannot be written: it is code"),
        ({"a": int}, r"outputs\.a cannot be written: it is code"),
        (Text("x"), r"register_type\(Text, encode=…, decode=…\)"),
        ({("a", Text("k")): 1}, "Text"),
        (Person("x", [Person(Text("y"))]), r"outputs\.friends\[0\]\.name"),
        (Order(id=1, price=Text("z")) if False else Order.model_construct(id=Text("z")), "id"),
        (np.array([b"x", object()], dtype=object), r"outputs\[1\]"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(value, message):
    with pytest.raises(EncodeError, match=message):
        encode(value, at=("outputs",))


def test_values_in_themselves_are_refused():
    cycle: list[Any] = []
    cycle.append({"a": cycle})
    with pytest.raises(EncodeError, match="it contains itself"):
        encode(cycle)
    person = Person("Ouroboros")
    person.friends.append(person)
    with pytest.raises(EncodeError, match="contains itself"):
        encode(person)


def nested(levels):
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


def test_nesting_has_a_limit_that_is_told():
    assert there_and_back(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(EncodeError, match=f"more than {MAX_DEPTH} levels"):
        encode(nested(MAX_DEPTH + 1))
    deep: Any = 1
    for number in range(MAX_DEPTH):
        deep = {number: deep}
    assert there_and_back(deep) == deep


def test_time_zones_of_other_packages_are_refused():
    class Zone(datetime.tzinfo):
        def utcoffset(self, dt):
            return datetime.timedelta(hours=1)

    moment = datetime.datetime(2026, 1, 1, tzinfo=Zone())
    with pytest.raises(EncodeError, match=r"use zoneinfo\.ZoneInfo"):
        encode(moment)


# --- what cannot be read -------------------------------------------------------------------------


def test_an_unknown_type_is_named_with_the_way_out():
    written = encode({"who": Person("Ada")})
    with pytest.raises(FileFormatError, match=r"outputs\.who cannot be read: its type '.*Person'"):
        decode(written, {}, at=("outputs",))
    with pytest.raises(FileFormatError, match=r"dspy_session\.register_type\(Person\)"):
        decode(written, {})


@pytest.mark.parametrize(
    "data",
    [
        {"$type": "os.system"},
        {"$type": ["int"]},
        {"$type": "int"},
        {"$type": "int", "value": 5},
        {"$type": "float", "value": "1"},
        {"$type": "str", "parts": [2**40]},
        {"$type": "set", "items": [[1]]},
        {"$type": "set", "items": "abc"},
        {"$type": "dict", "items": [[1]]},
        {"$type": "dict", "items": [[[], 1]]},
        {"$type": "bytes", "base64": "!"},
        {"$type": "datetime", "value": "soon"},
        {"$type": "datetime", "value": "2026-01-01T00:00:00", "zone": "../../etc/passwd"},
        {"$type": "datetime", "value": "2026-01-01T00:00:00", "fold": 7},
        {"$type": "timedelta", "value": [10**12, 0, 0]},
        {"$type": "decimal", "value": 1.5},
        {"$type": "uuid", "value": "x"},
        {"$type": "path", "kind": "Path", "value": "x"},
        {"$type": "enum", "class": "os.X", "name": "A"},
        {"$type": "enum", "class": type_name(Color), "name": "__class__"},
        {"$type": "enum", "class": type_name(Person), "name": "RED"},
        {"$type": "dataclass", "class": type_name(Person), "fields": {"__class__": 1}},
        {"$type": "dataclass", "class": type_name(Person), "fields": []},
        {"$type": "dataclass", "class": type_name(Frozen), "fields": {"value": 1}, "others": {}},
        {"$type": "model", "class": type_name(Order), "fields": {}},
        {"$type": "model", "class": type_name(Box), "fields": {"content": 1}, "extra": {"a": 1}},
        {"$type": "namedtuple", "class": type_name(Point), "items": [1]},
        {"$type": "object", "class": type_name(Person), "value": 1},
        {"$type": "array", "dtype": "<f8", "shape": [2**40], "base64": ""},
        {"$type": "array", "dtype": "|O", "shape": [2], "items": [1]},
        {"$type": "array", "dtype": "O", "shape": [1], "base64": "AAAAAAAAAAA="},
        {"$type": "array", "dtype": "zz", "shape": [], "base64": ""},
        {"$type": "text", "parts": [[0]]},
        (1,),
        {1: 2},
        nested(450),
    ],
    ids=lambda data: str(data)[:60] if type(data) is dict else "x",
)
def test_damaged_data_is_refused(data):
    try:
        decode({"a": data}, TYPES, at=("x",))
    except FileFormatError as error:
        assert str(error).startswith("x.a")  # noqa: PT017  # one case may be read, see below
    else:
        assert "others" in data


@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"\xff", b"NaN", b"[" * 10**5, b"1" * 9000])
def test_what_is_no_json_is_refused(content):
    with pytest.raises(FileFormatError):
        from_bytes(content)


# --- which classes are known ---------------------------------------------------------------------


def test_annotations_name_their_classes_all_the_way_down():
    found = types_in([Optional[dict[str, list[Annotated[Order, "x"]]]], Row, Literal[Level.LOW]])  # noqa: UP045
    assert set(found.values()) == {Order, Color, Frozen, Person, Level}


def test_classes_that_refer_to_what_is_not_there_are_taken_as_they_are():
    @dataclasses.dataclass
    class Odd:
        field: NotThere  # noqa: F821

    assert types_in([Odd]) == {type_name(Odd): Odd}
    assert types_in(["str", None, 3, Any, T, list, Generic[T]]) == {}


def test_a_class_from_a_notebook_is_found_in_a_module_and_back():
    written = encode(Person("Ada"))
    written["class"] = "__main__.Person"
    assert decode(written, TYPES) == Person("Ada")
    written["class"] = "elsewhere.Person"
    with pytest.raises(FileFormatError):
        decode(written, TYPES)


def test_registered_classes_are_known_everywhere():
    register_type(fractions.Fraction, encode=str, decode=fractions.Fraction)
    value = {"third": [fractions.Fraction(1, 3)]}
    assert there_and_back(value, {}) == value

    @register_type
    @dataclasses.dataclass
    class Local:
        a: int

    assert there_and_back(Local(1), {}) == Local(1)


@pytest.mark.parametrize(
    ("cls", "functions", "message"),
    [
        (Person("x"), {}, "takes a class, got Person"),
        (object, {}, "is no dataclass"),
        (object, {"encode": str}, "together, or neither"),
    ],
)
def test_what_could_not_be_written_is_not_registered(cls, functions, message):
    with pytest.raises(ArgumentTypeError, match=message):
        register_type(cls, **functions)


def test_nothing_is_shared_with_the_value():
    value = {"a": [1], "b": {"c": [2]}}
    encoded = encode(value)
    encoded["a"].append(2)
    encoded["b"]["c"].append(3)
    assert value == {"a": [1], "b": {"c": [2]}}
    assert uuid.UUID(int=0) == there_and_back(uuid.UUID(int=0))
