"""Values come back equal and of the same type, or an error says which one could not."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import math
import pathlib
import zoneinfo

import dspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.values import (
    TYPES,
    Box,
    Color,
    Frozen,
    Level,
    Order,
    Person,
    Point,
    Rights,
    there_and_back,
)

import dspy_session._files.dspy_types  # noqa: F401  # makes DSPy's types known
from dspy_session._calls.history import snapshot
from dspy_session._files.known_types import type_name
from dspy_session._files.tagged_json import decode, encode, to_bytes
from dspy_session.errors import FileFormatError


def same(left, right):
    """Equal, and of the same types all the way down; NaN equals NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        keys, others = list(left), list(right)
        return all(map(same, keys, others)) and all(map(same, left.values(), right.values()))
    if isinstance(left, Person):
        return same(vars(left), vars(right))
    if isinstance(left, decimal.Decimal):
        return str(left) == str(right)
    if isinstance(left, (datetime.datetime, datetime.time)):
        return (left, left.fold, str(left.tzinfo)) == (right, right.fold, str(right.tzinfo))
    return left == right


ZONES = st.sampled_from(
    [None, datetime.timezone.utc, zoneinfo.ZoneInfo("Europe/Berlin")]
    + [datetime.timezone(datetime.timedelta(hours=-3, seconds=7), name) for name in ("X", "")]
    + [datetime.timezone(datetime.timedelta(minutes=90))]
)
ALL_TEXT = st.text(st.characters())  # lone halves of pairs, too
SCALARS = st.one_of(
    ALL_TEXT,
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.booleans(),
    st.none(),
    st.binary(),
    st.complex_numbers(allow_nan=False),
    st.decimals(),
    st.uuids(),
    st.datetimes(timezones=ZONES),
    st.times(timezones=ZONES),
    st.dates(),
    st.timedeltas(),
    st.sampled_from([*Color, *Level, Rights.READ, Rights.READ | Rights.WRITE, Point(1)]),
    st.sampled_from([pathlib.Path("a/b"), pathlib.PureWindowsPath("c:/d"), pathlib.Path()]),
    st.builds(Frozen, st.integers()),
)
HASHABLE = st.one_of(ALL_TEXT, st.integers(), st.booleans(), st.none(), st.dates(), st.binary())
KEYS = ALL_TEXT | st.sampled_from(["$type", "items", "a"]) | HASHABLE
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.sets(HASHABLE),
        st.frozensets(HASHABLE),
        st.dictionaries(KEYS, inner),
        st.builds(Person, ALL_TEXT, st.lists(inner)),
        st.builds(Point, inner, inner),
    ),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_comes_back_equal_and_of_the_same_type(value):
    assert same(there_and_back(value), value)


@given(VALUES)
def test_what_is_written_is_strict_json_and_always_the_same(value):
    encoded = encode(value)
    assert json.loads(to_bytes(encoded)) == encoded
    assert encode(decode(encoded, TYPES)) == encoded


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_plain_json_stays_as_it_is(value):
    assert encode(value) == value or "$type" in str(value)


@pytest.mark.parametrize(
    "value",
    [
        {"$type": "tuple", "items": [1]},
        {"$type": None},
        {"a": {"$type": {"$type": "dict"}}},
        {1: "a", "1": "b", None: "c", (1, 2): "d", 1.5: "e"},
    ],
)
def test_a_dict_that_looks_like_a_tag_stays_a_dict(value):
    assert there_and_back(value) == value


def test_numbers_that_are_no_numbers_survive_in_models():
    order = Order(id=1, price=math.nan)
    assert math.isnan(there_and_back(order).price)
    assert there_and_back(-0.0).hex() == "-0x0.0p+0"


def test_integers_of_any_length_survive():
    for value in (2**63 - 1, 2**63, -(2**63), 10**5000, -(10**5000)):
        assert there_and_back(value) == value


def test_models_come_back_as_they_were_without_being_validated_again():
    order = Order.model_construct(id="not a number", price=1, extra=[Frozen(3)])
    order._seen = 5
    order.color = Color.RED
    back = there_and_back(order)
    assert back == order
    assert back.model_fields_set == order.model_fields_set
    assert (back.id, back._seen, back.extra) == ("not a number", 5, [Frozen(3)])
    padded = Order(id=1, note=" x ")
    assert there_and_back(padded) == padded


def test_generic_models_are_known_by_their_parameters():
    assert there_and_back(Box[int](content=3)) == Box[int](content=3)


def test_dataclasses_come_back_without_their_init_or_caches():
    person = Person("Ada", [Person("Bo")], datetime.date(1815, 12, 10))
    assert person.shout == "ADA"
    person.nickname = ("A",)
    back = there_and_back(person)
    assert back == person
    assert back.nickname == ("A",)
    assert "shout" not in vars(back)
    assert there_and_back(Frozen(3)).half == 1.5


def test_fields_that_were_added_since_take_their_defaults_and_others_are_named():
    @dataclasses.dataclass
    class Old:
        a: int

    @dataclasses.dataclass
    class New:
        a: int
        b: list[int] = dataclasses.field(default_factory=list)

    @dataclasses.dataclass
    class Strict:
        a: int
        c: int

    written = encode(Old(1))
    assert decode(written, {type_name(Old): New}) == New(1, [])
    with pytest.raises(FileFormatError, match="needs 'c' now"):
        decode(written, {type_name(Old): Strict})
    with pytest.raises(FileFormatError, match="has no field 'b' any more"):
        decode(encode(New(1)), {type_name(New): Old})


ARRAYS = [
    np.arange(6).reshape(2, 3),
    np.array(5.0),
    np.array([], dtype="f4"),
    np.empty((0, 3)),
    np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8", (2,))]),
    np.array([1, "x", None, (1,)], dtype=object),
    np.array(["ab", "ç"]),
    np.array(["2020-01-01", "NaT"], dtype="datetime64[ns]"),
    np.asfortranarray(np.ones((2, 3), dtype=">f8")),
    np.array([True, False]),
    np.array([1 + 2j]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: str(a.dtype))
def test_arrays_come_back(array):
    back = there_and_back({"a": array})["a"]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert (back == array).all() or array.dtype.kind == "M"
    assert back.tobytes() == np.ascontiguousarray(array).tobytes() or array.dtype == object
    assert back.flags.writeable


@pytest.mark.parametrize(
    "number",
    [np.float32(1.5), np.int64(-3), np.bool_(True), np.str_("x"), np.float64(2)],
)
def test_numpy_numbers_come_back(number):
    back = there_and_back(number)
    assert type(back) is type(number)
    assert back == number


DSPY = [
    dspy.Image(url="https://example.org/a.png"),
    dspy.Audio(data="aGk=", audio_format="wav"),
    dspy.History(messages=[{"question": "a", "answer": (1, None)}]),
    dspy.Prediction(answer="a", score=0.5),
    dspy.Prediction.from_completions([{"a": 1}, {"a": 2}]),
    dspy.Example(question="q", answer="a").with_inputs("question"),
    dspy.Code(code="x = 1"),
    dspy.ToolCalls.from_dict_list([{"name": "search", "args": {"query": "kelp"}}]),
]
if hasattr(dspy, "Reasoning"):  # since 3.1
    DSPY.append(dspy.Reasoning(content="because"))


@pytest.mark.parametrize("value", DSPY, ids=lambda v: type(v).__name__)
def test_dspy_types_are_known(value):
    back = there_and_back({"x": [value]}, {})["x"][0]
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value)
    if isinstance(value, dspy.Example) and not isinstance(value, dspy.Prediction):
        assert back.inputs() == value.inputs()


def test_a_snapshot_comes_back_as_the_history_it_shows():
    history = snapshot([{"question": "a"}], {})
    back = there_and_back(history, {})
    assert type(back) is dspy.History
    assert back == history
