"""History fields: found, added, taken out."""

from __future__ import annotations

from typing import Annotated, Optional, Union

import dspy
import pytest

from dspy_session import errors
from dspy_session._calls.signatures import (
    forward_history_parameter,
    history_field,
    is_history,
    own_signature,
    prepared,
    program_fields,
    typing_name,
    with_history,
    without,
)

QA = dspy.Signature("question -> answer")


class Past(dspy.History):
    """A history of one's own."""


@pytest.mark.parametrize(
    ("annotation", "loose", "strict"),
    [
        (dspy.History, True, True),
        (Optional[dspy.History], True, False),  # noqa: UP045  # both spellings count
        (dspy.History | None, True, False),
        (Union[None, Past], True, False),  # noqa: UP007
        (Annotated[dspy.History, "past"], True, False),
        (Past, True, False),
        (str, False, False),
        (list[dspy.History], False, False),
        (dict, False, False),
        (None, False, False),
    ],
)
def test_what_counts_as_a_history(annotation, loose, strict):
    assert is_history(annotation) is loose
    assert is_history(annotation, strict=True) is strict


def test_a_history_field_is_added_behind_the_inputs_and_taken_out_again():
    full = with_history(QA, "past")
    assert list(full.fields) == ["question", "past", "answer"]
    assert history_field(full) == "past"
    assert full.instructions == QA.instructions
    assert without(full, "past").equals(QA)
    assert history_field(QA) is None


def test_the_same_signature_gives_the_same_derived_one():
    assert with_history(QA, "past") is with_history(QA, "past")
    assert with_history(QA, "past") is not with_history(QA, "history")


def test_a_signature_without_history_gets_one():
    signature, name, added = prepared(QA, "history", strict=False)
    assert (list(signature.fields), name, added) == (
        ["question", "history", "answer"],
        "history",
        True,
    )


@pytest.mark.parametrize("annotation", [dspy.History | None, Past])
def test_a_history_that_adapters_would_miss_is_made_plain(annotation):
    signature = dspy.Signature(
        {
            "question": (str, dspy.InputField()),
            "past": (annotation, dspy.InputField()),
            "answer": (str, dspy.OutputField()),
        }
    )
    made, name, added = prepared(signature, "history", strict=False)
    assert (name, added, history_field(made)) == ("past", False, "past")
    assert list(made.fields) == ["question", "past", "answer"]


def test_strictly_an_optional_history_is_an_ordinary_field():
    signature = QA.append("past", dspy.InputField(), type_=dspy.History | None)
    _, name, added = prepared(signature, "history", strict=True)
    assert (name, added) == ("history", True)


@pytest.mark.parametrize("field", [dspy.InputField(), dspy.OutputField()])
def test_a_taken_name_is_refused_with_two_ways_out(field):
    signature = QA.append("history", field, type_=list[str])
    with pytest.raises(errors.ArgumentError, match=r"list\[str\].*history_field=…"):
        prepared(signature, "history", strict=False)


class Named(dspy.Module):
    def forward(self, question, history=None): ...


class Marked(dspy.Module):
    def forward(self, question, past: dspy.History | None = None): ...


class Asynchronous(dspy.Module):
    async def aforward(self, question: int, past: dspy.History | None = None): ...


class Keywords(dspy.Module):
    def forward(self, **kwargs): ...


class Unresolvable(dspy.Module):
    def forward(self, question, past: Nowhere): ...  # noqa: F821


class Neither(dspy.Module):
    def forward(self, question: int, count=3): ...


@pytest.mark.parametrize(
    ("module", "parameter"),
    [
        (Named(), "history"),
        (Marked(), "past"),
        (Asynchronous(), "past"),
        (Keywords(), None),
        (Unresolvable(), None),
        (Neither(), None),
        (dspy.Module(), None),
    ],
)
def test_a_forward_gets_the_history_only_when_it_asks(module, parameter):
    assert forward_history_parameter(module, "history", strict=False) == parameter


def test_fields_of_a_predictor_are_its_signatures():
    predictor = dspy.Predict("question: int, past: dspy.History -> answer: bool")
    assert program_fields(predictor, "past") == ({"question": int}, {"answer": bool}, False)
    assert own_signature(predictor) is predictor.signature


def test_fields_of_an_agent_are_its_declared_ones():
    agent = dspy.ReAct("question -> answer", tools=[])
    assert program_fields(agent, "history") == ({"question": str}, {"answer": str}, False)


def test_fields_of_a_thinker_include_its_reasoning():
    inputs, outputs, _ = program_fields(dspy.ChainOfThought("question -> answer"), "history")
    assert (list(inputs), list(outputs)) == (["question"], ["reasoning", "answer"])


def test_inputs_of_any_other_program_are_its_parameters():
    assert program_fields(Neither(), "history") == ({"question": int, "count": str}, {}, False)
    assert program_fields(Marked(), "history")[0] == {"question": str}
    assert program_fields(Asynchronous(), "past") == ({"question": int}, {}, False)
    assert program_fields(Keywords(), "history") == ({}, {}, True)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [(str, "str"), (list[str], "list[str]"), (Optional[int], "Optional[int]")],  # noqa: UP045
)
def test_annotations_are_shown_as_written(annotation, text):
    assert typing_name(annotation) in (text, "int | None")
