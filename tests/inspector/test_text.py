"""Values as text."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import uuid
from decimal import Decimal

import dspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dspy_session.inspector._protocol.messages import PREVIEW_CHARS, TEXT_CHARS
from dspy_session.inspector._view.text import as_text, clipped, cut, one_line, preview, safe, units

IMAGE = "data:image/png;base64," + "A" * 4000


class Colour(enum.Enum):
    RED = "red"


class Person(BaseModel):
    name: str
    born: datetime.date


@dataclasses.dataclass
class Point:
    x: int
    label: str


class Spiteful:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        (["a", 1], '["a", 1]'),
        ({"k": ("x", None)}, '{"k": ["x", null]}'),
        ({2, 1}, "[1, 2]"),
        (b"abc", "<3 B of binary data>"),
        (Colour.RED, "red"),
        (
            Person(name="Ann", born=datetime.date(1990, 2, 3)),
            '{"name": "Ann", "born": "1990-02-03"}',
        ),
        (Point(1, "p"), '{"x": 1, "label": "p"}'),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (Decimal("1.50"), "Decimal('1.50')"),
        (np.array([1, 2]), "[1, 2]"),
        (np.float32(0.5), "0.5"),
        (np.zeros((30, 30)), "<array of shape (30, 30), float64>"),
        (dspy.Example(question="q"), '{"question": "q"}'),
        (dspy.Prediction(answer=1), '{"answer": 1}'),
        (Spiteful(), "<Spiteful that cannot be shown>"),
    ],
)
def test_a_value_reads_as_text_or_json(value, text):
    assert as_text(value) == text


def test_an_object_without_a_text_of_its_own_has_no_address_in_it():
    assert " at 0x" not in as_text(object())


def test_images_and_binary_data_are_summarised_wherever_they_stand():
    assert as_text(dspy.Image(url=IMAGE)) == '{"url": "<image/png, 3.0 kB>"}'
    assert as_text({"pages": [IMAGE]}) == '{"pages": ["<image/png, 3.0 kB>"]}'


def test_a_value_that_holds_itself_still_reads_as_text():
    endless: list[object] = []
    endless.append(endless)
    assert "..." in as_text(endless)


def test_long_json_is_broken_into_lines():
    assert as_text([f"item {n}" for n in range(30)]).count("\n") == 31


def test_other_keys_than_texts_are_written_as_texts():
    assert json.loads(as_text({1: "a", uuid.UUID(int=0): "b"}))["1"] == "a"


@given(st.text(st.characters(codec=None), max_size=60))
def test_safe_text_survives_every_transport_and_keeps_its_length(text):
    assert len(safe(text).encode("utf-8").decode("utf-8")) == len(text)


@given(st.text(max_size=60), st.integers(1, 20))
def test_ranges_read_one_after_the_other_give_the_whole_text(text, step):
    parts, start = [], 0
    while start < units(text):
        part = cut(text, start, start + max(step, 2))
        parts.append(part)
        start += units(part)
    assert "".join(parts) == text


def test_lengths_count_as_a_page_counts_them():
    assert units("a😀") == 3
    assert cut("a😀b", 0, 2) == "a"
    assert cut("a😀b", 0, 3) == "a😀"


def test_five_megabytes_travel_as_a_preview():
    shown = preview("answer", "line\n" * 1_000_000)
    assert len(shown["text"]) == PREVIEW_CHARS
    assert shown["more_chars"] == 5_000_000 - PREVIEW_CHARS
    assert shown["more_lines"] == 1_000_000 - PREVIEW_CHARS // 5
    assert clipped("x" * 5_000_000) == {"text": "x" * TEXT_CHARS, "length": 5_000_000}


def test_a_short_value_leaves_nothing_out():
    assert preview("n", 3) == {
        "field": "n", "text": "3", "more_lines": 0, "more_chars": 0, "edited": False,
    }  # fmt: skip


def test_one_line_is_one_short_line():
    line = one_line("first\nsecond " + "x" * 5000, 20)
    assert len(line) == 20
    assert "\n" not in line
    assert line.endswith("…")


def test_integers_that_python_refuses_to_write_are_shown_in_hexadecimal():
    assert as_text(10**5000) == hex(10**5000)
    assert json.loads(as_text([10**5000])) == [hex(10**5000)]
    assert as_text(10**20) == "100000000000000000000"
