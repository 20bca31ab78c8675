"""The two ways to make a session of a program."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, SessionState, sessionify, with_memory


def test_sessionify_leaves_the_program_as_it_was():
    program = dspy.Predict("question -> answer")
    session = sessionify(program, max_turns=3)
    assert isinstance(session, Session)
    assert isinstance(session, dspy.Module)
    assert type(program) is dspy.Predict
    assert "history" not in program.signature.fields


def test_with_memory_shares_the_program_and_keeps_states_apart():
    program = dspy.Predict("question -> answer")
    app = with_memory(program)
    assert app.module is program
    assert isinstance(app.new_state(), SessionState)
    assert with_memory(program, copy_mode="deep").module is not program


@pytest.mark.parametrize("make", [sessionify, with_memory])
def test_settings_of_a_session_are_passed_on(make):
    app = make(dspy.Predict("question -> answer"), history_field="past", max_turns=1)
    assert app.history_field == "past"
    lm = scripted_lm(lambda call: {"answer": "a"})
    with dspy.context(lm=lm):
        for _ in range(3):
            app(question="?")
    assert len(lm.calls[2].turns) == 2


def test_two_sessions_over_one_shared_program_do_not_mix():
    program = dspy.Predict("question -> answer")
    one, other = with_memory(program), with_memory(program)
    lm = scripted_lm(lambda call: {"answer": str(len(call.turns) // 2)})
    with dspy.context(lm=lm):
        assert [one(question="?").answer for _ in range(2)] == ["0", "1"]
        assert other(question="?").answer == "0"


def test_a_shared_program_still_runs_on_its_own():
    program = dspy.ChainOfThought("question -> answer")
    app = with_memory(program)
    lm = scripted_lm(lambda call: {"answer": "a", "reasoning": "r"})
    with dspy.context(lm=lm):
        app(question="in the session")
        program(question="on its own")
    assert lm.calls[1].turns == []
    assert len(app) == 1
