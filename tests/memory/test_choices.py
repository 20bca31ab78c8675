"""Choices that make no sense are refused before any model is called, and change nothing."""

from __future__ import annotations

import dspy
import pytest
from support.agents import Desk
from support.scripted import scripted_lm

from dspy_session import Session, sessionify, with_memory
from dspy_session.errors import ArgumentError, ArgumentTypeError


def nothing(past_memory, episode_transcript):
    return ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"child_configs": {"plannr": {}}}, "child_configs names 'plannr'.*there are 'planner'"),
        ({"include": {"step[0]"}}, r"include names 'step\[0\]'.*'steps\[0\]'"),
        ({"exclude": ["researcher.asks"]}, "exclude names 'researcher.asks'.*'researcher.ask'"),
        ({"child_configs": {"steps[7]": {}}}, r"'steps\[7\]'.*'steps\[0\]'"),
        ({"child_configs": {"writer": {}, "last": {}}}, "'writer' and 'last' are the same"),
        ({"include": ["writer"], "exclude": ["last"]}, "both included and excluded"),
        ({"exclude": ["writer"], "child_configs": {"writer": {}}}, "leaves out"),
        ({"include": ["writer"], "child_configs": {"planner": {}}}, "leaves out"),
        ({"child_configs": {"writer": {"life": 1}}}, "no setting 'life'.*'lifespan'"),
        ({"child_configs": {"writer": {"lifespan": "long"}}}, "'episodic'.*got 'long'"),
        ({"lifespan": None}, "lifespan is one of"),
        ({"isolation": "none"}, "isolation is one of 'isolated', 'shared', got 'none'"),
        (
            {"child_configs": {"writer": {"isolation": "shared", "lifespan": "episodic"}}},
            "'writer' is shared.*keeps no ledger",
        ),
        ({"child_configs": {"writer": {"consolidator": nothing}}}, "lifespan is 'persistent'"),
        (
            {"child_configs": {"writer": {"lifespan": "stateless", "consolidator": nothing}}},
            "'writer' has a consolidator.*'stateless'",
        ),
        ({"consolidator": nothing}, "every node has a consolidator"),
        (
            {"lifespan": "stateless", "child_configs": {"writer": {"lifespan": "persistent"}}},
            "the program is stateless",
        ),
        ({"recursive": False, "include": {"writer"}}, "recursive=False leaves no node for include"),
        ({"recursive": False, "isolation": "shared"}, "recursive=False.*isolation"),
    ],
)
def test_what_makes_no_sense_is_refused(options, said):
    program = Desk()
    with pytest.raises(ArgumentError, match=said):
        with_memory(program, **options)
    assert type(program.writer) is dspy.Predict
    assert "history" not in program.writer.signature.fields


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"include": "writer"}, "include is a collection of paths"),
        ({"exclude": [3]}, "exclude holds paths, got 3"),
        ({"where": "writer"}, "where is a function"),
        ({"child_configs": ["writer"]}, "child_configs is a dict"),
        ({"child_configs": {"writer": "episodic"}}, r"child_configs\['writer'\] is a dict"),
        ({"child_configs": {3: {}}}, "child_configs holds paths, got 3"),
        ({"child_configs": {"writer": {"enabled": "no"}}}, "enabled is True or False"),
        ({"lifespan": "episodic", "consolidator": "text"}, "a consolidator is a function"),
        ({"lifespan": "episodic", "consolidator": dspy.Predict}, "got the class Predict"),
        ({"lifespam": "episodic"}, "no argument 'lifespam'"),
    ],
)
def test_wrong_types_are_refused(options, said):
    for make in (with_memory, sessionify, Session):
        with pytest.raises(ArgumentTypeError, match=said):
            make(Desk(), **options)


def test_a_program_without_parts_says_so():
    with pytest.raises(ArgumentError, match="has no nested parts"):
        with_memory(dspy.Predict("question -> answer"), child_configs={"planner": {}})


def test_a_new_program_must_have_the_parts_that_are_configured():
    app = with_memory(Desk(), child_configs={"critic": {"lifespan": "stateless"}})
    with pytest.raises(ArgumentError, match="'critic'"):
        app.update_module(dspy.ChainOfThought("question -> answer"))
    assert isinstance(app.module, Desk)


def test_a_shared_node_that_cannot_be_shown_the_conversation_is_refused():
    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.scribe = dspy.Predict("question -> transcript")

        def forward(self, question):
            return dspy.Prediction(answer=self.scribe(question=question).transcript)

    lm = scripted_lm({"transcript": "t"})
    with dspy.context(lm=lm), pytest.raises(ArgumentError, match="'scribe' is shared.*rename"):
        with_memory(Program(), isolation="shared")
    assert lm.calls == []


def test_a_state_of_another_program_is_refused():
    support, mail = (
        with_memory(dspy.Predict(signature))
        for signature in ("question -> answer", "letter -> reply")
    )
    state = support.new_state()
    with mail.use_state(state) as bound:  # an empty one is anybody's
        assert bound is state
    with dspy.context(lm=scripted_lm({"answer": "a"})), support.use_state(state):
        support(question="?")
    with pytest.raises(ArgumentError, match="another program.*'question'.*takes 'letter'"):
        mail.use_state(state)
    with_memory(dspy.Predict("question, more -> answer")).use_state(state)
