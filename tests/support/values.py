"""Classes of the kinds that programs take and give."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar

import pydantic

from dspy_session._files.known_types import types_in
from dspy_session._files.tagged_json import decode, encode, from_bytes, to_bytes

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
    parts: list[Frozen] = []  # pydantic copies it
    _seen: int = pydantic.PrivateAttr(default=0)


class Box(pydantic.BaseModel, Generic[T]):
    content: T


class Row(TypedDict):
    person: Person


class Text(str):
    __slots__ = ()


TYPES = types_in([Color, Level, Rights, Point, Person, Frozen, Order, Box[int], Box])


def there_and_back(value: Any, types: Any = TYPES) -> Any:
    """The value after a journey through a file."""
    return decode(from_bytes(to_bytes(encode(value))), types)
