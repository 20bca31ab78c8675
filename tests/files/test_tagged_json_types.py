"""Values of the kinds that programs pass around, with any content, come back as they were."""

from __future__ import annotations

import math

import dspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from support.values import Box, Color, Frozen, Order, there_and_back

import dspy_session._files.dspy_types  # noqa: F401  # makes DSPy's types known

TEXT = st.text(st.characters())  # lone halves of pairs, too
NUMBERS = st.floats(allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)
NAMES = st.text("abcdefgh_", min_size=1).filter(str.isidentifier)
FIELDS = st.dictionaries(NAMES, JSON | st.dates() | st.tuples(TEXT, st.integers()), max_size=4)
SAID = st.dictionaries(NAMES, JSON, min_size=1, max_size=4)

ORDERS = st.builds(
    Order,
    id=st.integers(),
    price=st.floats(),
    color=st.none() | st.sampled_from(Color),
    parts=st.lists(st.builds(Frozen, st.integers())),
    extra=JSON,
)


@given(ORDERS)
def test_models_come_back(order):
    back = there_and_back(order)
    assert type(back) is Order
    assert math.isnan(order.price) == math.isnan(back.price)
    equal = {"price": 0.0}
    assert back.model_copy(update=equal) == order.model_copy(update=equal)
    assert back.model_extra == order.model_extra


@given(st.integers())
def test_generic_models_come_back(content):
    box = Box[int](content=content)
    back = there_and_back([box])[0]
    assert type(back) is Box[int]
    assert back == box


def plain_example(fields):
    example = dspy.Example(**fields)
    return example.with_inputs(*list(fields)[:1])


DSPY = {
    "History": st.builds(lambda said: dspy.History(messages=said), st.lists(SAID)),
    "Prediction": FIELDS.map(lambda fields: dspy.Prediction(**fields)),
    "completions": st.integers(1, 3).flatmap(
        lambda count: st.lists(
            st.fixed_dictionaries({"answer": TEXT, "more": JSON}), min_size=count, max_size=count
        ).map(dspy.Prediction.from_completions)
    ),
    "Example": FIELDS.map(plain_example),
    "Image": st.from_regex(r"https://[a-z]{1,9}\.org/[a-z]{1,9}\.png", fullmatch=True).map(
        lambda url: dspy.Image(url=url)
    ),
    "Code": TEXT.map(lambda code: dspy.Code(code=code)),
    "ToolCalls": st.lists(st.fixed_dictionaries({"name": NAMES, "args": SAID}), max_size=3).map(
        dspy.ToolCalls.from_dict_list
    ),
}


@pytest.mark.parametrize("kind", DSPY)
@settings(max_examples=30)
@given(data=st.data())
def test_values_of_dspys_own_types_come_back(kind, data):
    value = data.draw(DSPY[kind])
    back = there_and_back({"x": [value]}, {})["x"][0]
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value)
    if kind == "Example":
        assert back.inputs() == value.inputs()
    if kind == "completions":
        assert dict(back.completions.items()) == dict(value.completions.items())


DTYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(endianness="?"),
    arrays.floating_dtypes(endianness="?"),
    arrays.complex_number_dtypes(),
    arrays.datetime64_dtypes(),
    arrays.timedelta64_dtypes(),
    arrays.unicode_string_dtypes(),
    arrays.byte_string_dtypes(),
)


@given(arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=3)))
def test_arrays_come_back(array):
    back = there_and_back(array)
    assert (type(back), back.dtype, back.shape) == (np.ndarray, array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


@given(
    st.one_of(arrays.integer_dtypes(), arrays.floating_dtypes(), arrays.boolean_dtypes()).flatmap(
        lambda dtype: arrays.from_dtype(dtype)
    )
)
def test_numpy_numbers_come_back(number):
    back = there_and_back(number)
    assert type(back) is type(number)
    assert back.tobytes() == number.tobytes()
