"""Prompts equal those of plain DSPy with a hand-built history, whatever adapter is configured."""

from __future__ import annotations

from typing import Any

import dspy
import pydantic
import pytest
from dspy.adapters.baml_adapter import BAMLAdapter
from support.scripted import in_form, scripted_lm

from dspy_session import sessionify


class Trip(pydantic.BaseModel):
    place: str
    days: int


class Shouting(dspy.ChatAdapter):
    """Writes user messages its own way."""

    def format_user_message_content(self, signature, inputs, *args, **kwargs):
        text = super().format_user_message_content(signature, inputs, *args, **kwargs)
        return f"THE CUSTOMER WRITES:\n{text}" if text else text


class OwnHistory(dspy.ChatAdapter):
    """Writes the whole history its own way."""

    def format_conversation_history(self, signature, history_field_name, inputs):
        history = inputs.pop(history_field_name)
        said = " | ".join(str(sorted(message)) for message in history.messages)
        return [{"role": "user", "content": said or "nothing yet"}]


class OwnFormat(dspy.ChatAdapter):
    """Puts a message before all others."""

    def format(self, signature, demos, inputs):
        first = {"role": "system", "content": f"{len(inputs)} inputs"}
        return [first, *super().format(signature, demos, inputs)]


def tide(place: str) -> str:
    """Look the tide up."""
    return f"low in {place}"


PICTURE = dspy.Image(url="data:image/png;base64,iVBORw0KGgo=")

QUESTION: dict[str, Any] = {"signature": "question -> answer", "inputs": {}}
# Each with instructions: for its own, DSPy before 3.3 reads the fields again, without the types.
TYPED = {
    "signature": dspy.Signature(
        "question, count: int -> answer, trip: Trip, tags: list[str]",
        "Plan a trip.",
        custom_types={"Trip": Trip},
    ),
    "inputs": {"count": 3},
}
SEEING = {
    "signature": dspy.Signature(
        "question, image: Picture -> answer",
        "Look at the picture.",
        custom_types={"Picture": dspy.Image},
    ),
    "inputs": {"image": PICTURE},
}
CALLING = {
    "signature": dspy.Signature(
        "question, tools: list[Tool] -> answer, calls: ToolCalls",
        "Use the tools.",
        custom_types={"Tool": dspy.Tool, "ToolCalls": dspy.ToolCalls},
    ),
    "inputs": {"tools": [dspy.Tool(tide)]},
}
SIGNATURES = {"plain": QUESTION, "typed": TYPED, "image": SEEING, "tools": CALLING}

ADAPTERS = {
    "Chat": dspy.ChatAdapter,
    "Chat, native": lambda: dspy.ChatAdapter(use_native_function_calling=True),
    "JSON": dspy.JSONAdapter,
    "JSON, not native": lambda: dspy.JSONAdapter(use_native_function_calling=False),
    "XML": dspy.XMLAdapter,
    "BAML": BAMLAdapter,
    "own user messages": Shouting,
    "own history": OwnHistory,
    "own format": OwnFormat,
}


def told(call):
    values = {
        "answer": f"reply {len(call.turns)}",
        "trip": {"place": "Kyōto", "days": 4},
        "tags": ["a", "b"],
        "calls": {"tool_calls": [{"name": "tide", "args": {"place": "the bay"}}]},
    }
    asked = str(call.request)  # with the text beside pictures
    found = {name: value for name, value in values.items() if name in asked}
    return found if call.last else in_form(asked, found)


def both(signature, inputs, adapter, *, demos, told=told, **settings):
    """Talk with a session and with plain DSPy; return what was sent by each."""
    plain = dspy.Predict(
        dspy.ensure_signature(signature).append("history", dspy.InputField(), dspy.History)
    )
    session = sessionify(dspy.Predict(signature))
    for program in (plain, session.module):
        program.demos = [dspy.Example(demo) for demo in demos]
    ours, theirs = scripted_lm(told, **settings), scripted_lm(told, **settings)
    messages: list[dict[str, Any]] = []
    for question in ("first", "second <b>&", "None", "vier ünd\n\nmehr"):
        asked = {"question": question, **inputs}
        with dspy.context(lm=theirs, adapter=adapter):
            expected = plain(**asked, history=dspy.History(messages=messages))
        with dspy.context(lm=ours, adapter=adapter):
            assert session(**asked).toDict() == expected.toDict()
        messages = [*messages, {**asked, **dict(expected.items())}]
    return sent(ours), sent(theirs), session


def sent(lm):
    return [(one["messages"], _settings(one["kwargs"])) for one in lm.history]


def _settings(kwargs):
    return {name: str(value) for name, value in kwargs.items()}


DEMOS = [{"question": "demo?", "answer": "demo!"}, {"question": "lone"}]


@pytest.mark.parametrize("demos", [[], DEMOS], ids=["no demos", "demos"])
@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_what_is_sent_equals_plain_dspy(adapter, signature, demos):
    ours, theirs, session = both(**SIGNATURES[signature], adapter=ADAPTERS[adapter](), demos=demos)
    assert ours == theirs
    assert [turn.prompt for turn in session.turns] == [messages for messages, _ in theirs][-4:]


@pytest.mark.parametrize("signature", ["plain", "typed"])
def test_what_is_sent_in_two_steps_equals_plain_dspy(signature):
    extracting = scripted_lm(told)
    adapter = dspy.TwoStepAdapter(extracting)
    ours, theirs, _ = both(
        **SIGNATURES[signature], adapter=adapter, demos=DEMOS, told=lambda call: "freely said"
    )
    assert ours == theirs
    assert extracting.prompts[::2] == extracting.prompts[1::2]


def test_an_adapter_with_its_own_history_gets_all_messages():
    ours, _, _ = both(**QUESTION, adapter=OwnHistory(), demos=[])
    assert ours[2][0][1]["content"] == "['answer', 'question'] | ['answer', 'question']"
