"""Recorded messages are formatted once; prompts stay those of the plain adapter."""

from __future__ import annotations

import dspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.scripted import scripted_lm
from support.versions import FORMATS_IN_PARTS

from dspy_session import sessionify

in_parts = pytest.mark.skipif(
    not FORMATS_IN_PARTS, reason="before DSPy 3.1 an adapter put its system message together inline"
)

ADAPTERS = {
    "chat": dspy.ChatAdapter(),
    "json": dspy.JSONAdapter(),
    "xml": dspy.XMLAdapter(),
    "two steps": dspy.TwoStepAdapter(scripted_lm(lambda call: {"answer": "extracted"})),
}


def plain_prompt(adapter, messages, question):
    lm = scripted_lm(lambda call: {"answer": "x"})
    signature = dspy.Signature("question -> answer")
    program = dspy.Predict(signature.append("history", dspy.InputField(), type_=dspy.History))
    with dspy.context(lm=lm, adapter=adapter):
        program(question=question, history=dspy.History(messages=messages))
    return lm.prompts[0]


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS.keys())
def test_prompts_stay_the_same_through_edits_forks_and_undo(adapter):
    lm = scripted_lm(lambda call: {"answer": f"answer {len(lm.calls)}"})
    main = sessionify(dspy.Predict("question -> answer"))
    fork = None
    steps = [
        lambda: main(question="q0"),
        lambda: main(question="q1"),
        lambda: main.edit_turn(0, outputs={"answer": "edited"}),
        lambda: main(question="q2"),
        lambda: main.revert_turn(0),
        lambda: main(question="q3"),
        lambda: main.undo(2),
        lambda: main(question="q4"),
        lambda: fork.edit_turn(1, outputs={"answer": "on the fork"}),
        lambda: fork(question="q5"),
        lambda: main(question="q6"),
    ]
    with dspy.context(lm=lm, adapter=adapter):
        for number, step in enumerate(steps):
            if number == 8:
                fork = main.fork()
            talker = fork if number in (8, 9) else main
            history, sent = talker.session_history.messages, len(lm.calls)
            step()
            if len(lm.calls) > sent:
                question = talker.turns[-1].inputs["question"]
                assert lm.prompts[sent] == plain_prompt(adapter, history, question)


def test_the_configured_adapter_is_followed():
    session = sessionify(dspy.Predict("question -> answer"))
    lm = scripted_lm(lambda call: {"answer": "a"})
    for adapter in [None, dspy.JSONAdapter(), dspy.XMLAdapter(), dspy.ChatAdapter()]:
        history = session.session_history.messages
        with dspy.context(lm=lm, adapter=adapter):
            session(question="?")
        assert lm.prompts[-1] == plain_prompt(adapter, history, "?")


def test_an_adapter_that_formats_histories_its_own_way_keeps_doing_so():
    class Shouting(dspy.ChatAdapter):
        def format_conversation_history(self, signature, history_field_name, inputs):
            messages = super().format_conversation_history(signature, history_field_name, inputs)
            return [{**message, "content": message["content"].upper()} for message in messages]

    session = sessionify(dspy.Predict("question -> answer"))
    lm = scripted_lm(lambda call: {"answer": "quiet"})
    with dspy.context(lm=lm, adapter=Shouting()):
        session(question="first words")
        session(question="second")
    assert "FIRST WORDS" in lm.calls[1].turns[0]["content"]
    assert "QUIET" in lm.calls[1].turns[1]["content"]


def test_an_adapter_whose_settings_change_is_read_again():
    class Prefixed(dspy.ChatAdapter):
        prefix = "one"

        def format_user_message_content(self, signature, inputs, *args, **options):
            return self.prefix + super().format_user_message_content(
                signature, inputs, *args, **options
            )

    session, adapter = sessionify(dspy.Predict("question -> answer")), Prefixed()
    lm = scripted_lm(lambda call: {"answer": "a"})
    with dspy.context(lm=lm, adapter=adapter):
        session(question="a")
        session(question="b")
        adapter.prefix = "two"
        session(question="c")
    assert lm.calls[1].turns[0]["content"].startswith("one")
    assert [m["content"][:3] for m in lm.calls[2].turns if m["role"] == "user"] == ["two", "two"]
    assert adapter.__class__ is Prefixed


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=8), st.text(max_size=8) | st.none() | st.integers()),
        max_size=5,
    )
)
def test_any_recorded_values_format_as_plainly(turns):
    session = sessionify(dspy.Predict("question -> answer"))
    for question, answer in turns:
        session.add_turn(inputs={"question": question}, outputs={"answer": answer})
    lm = scripted_lm(lambda call: {"answer": "x"})
    with dspy.context(lm=lm):
        session(question="?")
    messages = [{"question": question, "answer": answer} for question, answer in turns]
    assert lm.prompts[0] == plain_prompt(None, messages, "?")


def test_programs_with_different_signatures_do_not_share_formats():
    session = sessionify(dspy.Predict("question -> answer"))
    session.add_turn(inputs={"question": "q"}, outputs={"answer": "a", "reasoning": "r"})
    lm = scripted_lm(lambda call: {"answer": "a", "reasoning": "r"})
    with dspy.context(lm=lm):
        session(question="1")
        session.undo()
        session.update_module(dspy.ChainOfThought("question -> answer"))
        session(question="1")
    assert "reasoning" not in lm.calls[0].turns[1]["content"]
    assert "[[ ## reasoning ## ]]\nr" in lm.calls[1].turns[1]["content"]


@in_parts
def test_a_signature_is_described_once_until_it_changes(monkeypatch):
    described = []
    plain = dspy.ChatAdapter.format_field_structure

    def counted(adapter, signature):
        described.append(signature.instructions)
        return plain(adapter, signature)

    counted.__module__ = plain.__module__
    monkeypatch.setattr(dspy.ChatAdapter, "format_field_structure", counted)
    session = sessionify(dspy.Predict(dspy.Signature("question -> answer", "Be brief.")))
    lm = scripted_lm(lambda call: {"answer": "a"})
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
        session(question="1")
        session(question="2")
        session.module.signature = session.module.signature.with_instructions("Be kind.")
        session(question="3")
        session.module.signature.instructions = "Be quick."
        session(question="4")
    assert described == ["Be brief.", "Be kind.", "Be quick."]
    for call, told in zip(lm.calls, ("Be brief", "Be brief", "Be kind", "Be quick"), strict=True):
        assert told in call.system


@pytest.mark.parametrize(
    "method",
    [pytest.param("format_system_message", marks=in_parts), "format_task_description"],
)
def test_an_adapter_that_describes_signatures_its_own_way_is_asked_each_time(method):
    asked = []

    def own(self, signature):
        asked.append(method)
        return f"{getattr(super(adapter_class, self), method)(signature)} ({len(asked)})"

    adapter_class = type("Counting", (dspy.ChatAdapter,), {method: own})
    session = sessionify(dspy.Predict("question -> answer"))
    lm = scripted_lm(lambda call: {"answer": "a"})
    with dspy.context(lm=lm, adapter=adapter_class()):
        session(question="1")
        session(question="2")
    assert [call.system[-3:] for call in lm.calls] == ["(1)", "(2)"]
