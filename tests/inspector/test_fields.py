"""Typed edits."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel

from dspy_session.errors import ArgumentError
from dspy_session.inspector._protocol.messages import EDIT_CHARS
from dspy_session.inspector._view.fields import (
    annotation_name,
    field_kind,
    field_specs,
    parsed,
    parsed_inputs,
)


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Person(BaseModel):
    name: str
    age: int


class Opaque:
    pass


@pytest.mark.parametrize(
    ("annotation", "kind", "name"),
    [
        (str, "text", "str"),
        (Optional[str], "text", "str | None"),  # noqa: UP045  # as older code has it
        (Any, "text", "Any"),
        (bool, "boolean", "bool"),
        (int, "number", "int"),
        (float | None, "number", "float | None"),
        (Literal["a", "b"], "choice", "Literal['a', 'b']"),
        (Mood, "choice", "Mood"),
        (list[str], "json", "list[str]"),
        (dict[str, list[int]], "json", "dict[str, list[int]]"),
        (tuple[int, ...], "json", "tuple[int, ...]"),
        (Annotated[int, "positive"], "number", "int"),
        (Person, "json", "Person"),
    ],
)
def test_a_field_is_edited_as_its_type_asks(annotation, kind, name):
    assert field_kind(annotation) == kind
    assert annotation_name(annotation) == name


def test_choices_are_listed():
    specs = field_specs({"mood": Mood, "size": Literal[1, "big"], "text": str})
    assert [spec["choices"] for spec in specs] == [["good", "bad"], ["1", "big"], []]


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (str, '{"as": "it is"} ', '{"as": "it is"} '),
        (int, " 42 ", 42),
        (float, "0.5", 0.5),
        (bool, "true", True),
        (int | None, "", None),
        (Mood, "bad", Mood.BAD),
        (Literal[1, "big"], "1", 1),
        (list[str], '["a"]', ["a"]),
        (set[int], "[1, 1]", {1}),
        (datetime.date, '"2020-01-02"', datetime.date(2020, 1, 2)),
        (Person, '{"name": "Ann", "age": 3}', Person(name="Ann", age=3)),
    ],
)
def test_a_typed_text_becomes_a_value_of_the_fields_type(annotation, text, value):
    assert parsed("field", text, annotation) == value


@pytest.mark.parametrize(
    ("annotation", "text", "told"),
    [
        (int, "many", "int"),
        (bool, "perhaps", "bool"),
        (Mood, "so-so", "'good', 'bad'"),
        (list[str], "[1", "list[str]"),
        (list[str], "[1]", "list[str]"),
        (Person, '{"name": "Ann"}', "age"),
        (Opaque, "{}", "session.edit_turn"),
        (list[int], "[" * 100_000, "nested too deeply"),
        (str, "x" * (EDIT_CHARS + 1), "session.edit_turn"),
    ],
)
def test_a_wrong_text_is_refused_with_what_would_be_right(annotation, text, told):
    with pytest.raises(ArgumentError) as caught:
        parsed("amount", text, annotation)
    assert "amount" in str(caught.value)
    assert told in str(caught.value)


def test_a_field_without_a_declared_type_keeps_the_kind_of_its_value():
    assert parsed("plan", "[1, 2]", Any, now={"steps": 1}) == [1, 2]
    assert parsed("plan", "[1, 2]", Any, now="text") == "[1, 2]"
    with pytest.raises(ArgumentError, match="JSON"):
        parsed("plan", "not json", Any, now={"steps": 1})


def test_inputs_are_read_each_by_its_own_type():
    assert parsed_inputs({"n": "3", "other": "3"}, {"n": int}) == {"n": 3, "other": "3"}
