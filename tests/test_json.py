"""Values come back equal and of the same type, or an error says which one could not."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import math
import pathlib
import uuid
import zoneinfo
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypedDict, TypeVar

import dspy
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dspy_session._dspy_types  # noqa: F401  # makes DSPy's types known
from dspy_session._history import snapshot
from dspy_session._json import MAX_DEPTH, decode, encode, from_bytes, to_bytes
from dspy_session._json_types import register_type, type_name, types_in
from dspy_session.errors import ArgumentTypeError, EncodeError, FileFormatError

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    BLUE = ("b", 1)


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: Any = None


@dataclasses.dataclass
class Person:
    name: str
    friends: list[Person] = dataclasses.field(default_factory=list)
    born: datetime.date | None = None

    @functools.cached_property
    def shout(self) -> str:
        return self.name.upper()


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    value: int
    half: float = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "half", self.value / 2)


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow", str_strip_whitespace=True)

    id: int
    price: float = 0.0
    color: Color | None = None
    parts: list[Frozen] = []  # noqa: RUF012  # pydantic copies it
    _seen: int = pydantic.PrivateAttr(default=0)


class Box(pydantic.BaseModel, Generic[T]):
    content: T


class Row(TypedDict):
    person: Person


class Text(str):
    __slots__ = ()


TYPES = types_in([Color, Level, Rights, Point, Person, Frozen, Order, Box[int], Box])


def there_and_back(value, types=TYPES):
    return decode(from_bytes(to_bytes(encode(value))), types)


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
    [np.float32(1.5), np.int64(-3), np.bool_(True), np.str_("x"), np.float64(2)],  # noqa: FBT003
)
def test_numpy_numbers_come_back(number):
    back = there_and_back(number)
    assert type(back) is type(number)
    assert back == number


DSPY = [
    dspy.Image("https://example.org/a.png"),
    dspy.Audio(data="aGk=", audio_format="wav"),
    dspy.History(messages=[{"question": "a", "answer": (1, None)}]),
    dspy.Prediction(answer="a", score=0.5),
    dspy.Prediction.from_completions([{"a": 1}, {"a": 2}]),
    dspy.Example(question="q", answer="a").with_inputs("question"),
    dspy.Code(code="x = 1"),
    dspy.ToolCalls.from_dict_list([{"name": "search", "args": {"query": "kelp"}}]),
    dspy.Reasoning(content="because"),
]


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
