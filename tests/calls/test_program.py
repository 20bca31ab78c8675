"""The program inside a session: its fields, inputs and outputs."""

from __future__ import annotations

import dspy
import pydantic
import pytest
from support.scripted import scripted_lm

from dspy_session import errors, sessionify
from dspy_session._calls.program import Program, copied


def program(module, **settings):
    return Program(module, settings.pop("history_field", "history"), strict=False)


class Freeform(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer: int")

    def forward(self, question, limit=3):
        return self.ask(question=question)


class Anything(dspy.Module):
    def forward(self, **inputs):
        return inputs


class Trip(pydantic.BaseModel):
    place: str
    days: int = 3


def test_a_predictor_declares_its_fields():
    made = program(dspy.Predict("question: int -> answer: bool"))
    assert (made.inputs, made.outputs, made.takes_any) == (
        {"question": int},
        {"answer": bool},
        False,
    )
    assert (made.name, made.history_field, made.speaker) == ("Predict", "history", "self")


def test_other_programs_declare_parameters_and_their_outputs_show_in_calls():
    made = program(Freeform())
    assert (list(made.inputs), made.outputs, made.speaker) == (["question", "limit"], {}, None)
    assert made.output_fields({"answer": 1, "more": 2}) == {"answer": int, "more": str}
    assert made.output_fields(None) == {}


def test_a_thinker_speaks_through_its_predictor():
    assert program(dspy.ChainOfThought("question -> answer")).speaker == "predict"


@pytest.mark.parametrize(
    ("result", "outputs"),
    [
        (dspy.Prediction(answer=True, trajectory={"x": 1}), {"answer": True}),
        (dspy.Prediction(other=1), {"other": 1}),
        ({"answer": True, "history": "dropped"}, {"answer": True}),
        ("text", {"output": "text"}),
    ],
)
def test_declared_outputs_are_picked_from_what_comes_back(result, outputs):
    assert program(dspy.Predict("question -> answer: bool")).outputs_of(result) == outputs


def test_a_model_is_its_fields_and_a_dspy_type_is_a_value():
    made = program(Anything())
    assert made.outputs_of(Trip(place="Kyoto")) == {"place": "Kyoto", "days": 3}
    image = dspy.Image(url="https://example.org/reef.png")
    assert made.outputs_of(image) == {"output": image}


def test_recorded_inputs_are_the_programs_own():
    arguments = {"question": "q", "config": {}, "lm": None, "history": 1}
    assert program(dspy.Predict("question -> answer")).recorded_inputs(arguments) == {
        "question": "q"
    }
    assert program(Anything()).recorded_inputs({"a": 1, "history": 2}) == {"a": 1}
    assert program(Freeform()).recorded_inputs({"question": "q", "other": 1}) == {"question": "q"}


def test_inputs_that_a_predictor_would_drop_are_refused():
    made = program(dspy.Predict("question, topic -> answer"))
    with pytest.raises(
        errors.ArgumentError, match="no input 'quesion'; its inputs are 'question', "
    ):
        made.check({"quesion": "q"})
    made.check({"question": "q"})
    made.check({"question": "q", "config": {}, "extra": 1})
    program(Anything()).check({"whatever": 1})


def test_predictors_that_are_replaced_are_found_again():
    module = Freeform()
    made = program(module)
    assert made.refreshed() is made
    module.ask = dspy.Predict("question -> answer")
    again = made.refreshed()
    assert again is not made
    assert again.node_paths == {id(module.ask): "ask"}


@pytest.mark.parametrize("mode", ["deep", "shallow", "none"])
def test_the_program_that_was_given_is_as_it_was(mode):
    module = dspy.Predict("question -> answer")
    twin = copied(module, mode)
    assert (twin is module) == (mode == "none")
    assert "history" not in module.signature.fields


def test_nothing_but_a_module_is_a_program():
    with pytest.raises(errors.ArgumentTypeError, match=r"make an instance of it: Freeform\(…\)"):
        program(Freeform)
    with pytest.raises(errors.ArgumentTypeError, match="got str"):
        program("question -> answer")


def test_typed_outputs_are_recorded_as_values():
    session = sessionify(
        dspy.Predict(dspy.Signature("question -> trip: Trip", custom_types={"Trip": Trip}))
    )
    lm = scripted_lm({"trip": {"place": "Kyoto", "days": 5}}, {"trip": {"place": "Nara"}})
    with dspy.context(lm=lm):
        session(question="a")
        session(question="b")
    assert session.turns[0].outputs == {"trip": Trip(place="Kyoto", days=5)}
    assert "Kyoto" in lm.calls[1].turns[1]["content"]
    session.edit_turn(0, outputs={"trip": Trip(place="Nara", days=1)})
    assert session.turns[1].stale


def test_a_strict_annotation_leaves_optional_histories_to_the_program():
    signature = dspy.Signature("question -> answer").append(
        "past", dspy.InputField(), type_=dspy.History | None
    )
    assert sessionify(dspy.Predict(signature)).history_field == "past"
    strict = sessionify(dspy.Predict(signature), strict_history_annotation=True)
    assert strict.history_field == "history"
    assert list(strict.module.signature.input_fields) == ["question", "past", "history"]


def test_settings_of_the_call_itself_are_no_inputs():
    session = sessionify(dspy.Predict("question -> answer"))
    with dspy.context(lm=scripted_lm({"answer": "a"})):
        session(question="q", config={"temperature": 0.5})
    assert session.turns[0].inputs == {"question": "q"}
