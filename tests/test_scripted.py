"""The scripted model that most tests talk to."""

from __future__ import annotations

import asyncio
import threading

import dspy
import pytest
from support.scripted import Held, scripted_lm

ADAPTERS = [dspy.ChatAdapter(), dspy.JSONAdapter(), dspy.XMLAdapter()]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)
def test_answers_come_in_order_and_in_the_adapters_form(adapter):
    lm = scripted_lm({"answer": "one <1>", "sure": True}, {"answer": "two", "sure": False})
    ask = dspy.Predict("question -> answer, sure: bool")
    with dspy.context(lm=lm, adapter=adapter):
        assert ask(question="first").toDict() == {"answer": "one <1>", "sure": True}
        assert ask(question="second").toDict() == {"answer": "two", "sure": False}
    assert "second" in lm.calls[1].last
    assert lm.prompts[0][0]["role"] == "system"


def test_a_callable_answers_every_call():
    lm = scripted_lm(lambda call: {"answer": str(len(call.turns))})
    with dspy.context(lm=lm):
        ask = dspy.Predict("question, history: dspy.History -> answer")
        past = dspy.History(messages=[{"question": "a", "answer": "b"}])
        assert ask(question="?", history=dspy.History(messages=[])).answer == "0"
        assert ask(question="?", history=past).answer == "2"


def test_an_exception_is_raised():
    lm = scripted_lm(ZeroDivisionError("on purpose"))
    with dspy.context(lm=lm), pytest.raises(Exception, match="on purpose"):
        dspy.Predict("question -> answer")(question="?")


def test_a_missing_answer_fails_loudly():
    with dspy.context(lm=scripted_lm()), pytest.raises(Exception, match="no scripted answer"):
        dspy.Predict("question -> answer")(question="?")


def test_usage_is_what_was_asked_for():
    with dspy.context(lm=scripted_lm({"answer": "x"}, usage=(7, 3)), track_usage=True):
        used = dspy.Predict("question -> answer")(question="?").get_lm_usage()
    assert used["scripted/model"]["prompt_tokens"] == 7
    assert used["scripted/model"]["completion_tokens"] == 3


def test_a_held_answer_waits_for_its_release():
    held, seen = Held({"answer": "late"}), []
    ask = dspy.Predict("question -> answer")
    ask.lm = scripted_lm(held)
    thread = threading.Thread(target=lambda: seen.append(ask(question="?").answer))
    thread.start()
    assert held.reached.wait(10)
    assert seen == []
    held.release()
    thread.join()
    assert seen == ["late"]


async def test_a_held_answer_can_be_cancelled():
    held = Held({"answer": "never"})
    ask = dspy.Predict("question -> answer")
    ask.lm = scripted_lm(held)
    task = asyncio.create_task(ask.acall(question="?"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_copied_program_talks_to_the_same_model():
    ask = dspy.Predict("question -> answer")
    ask.lm = scripted_lm({"answer": "x"})
    ask.deepcopy()(question="?")
    assert len(ask.lm.calls) == 1
