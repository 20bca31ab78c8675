"""Tools given to a program: files keep what the model is told of them, not their code."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import in_form, scripted_lm
from support.values import there_and_back

import dspy_session._files.dspy_types  # noqa: F401  # makes DSPy's types known
from dspy_session import Session, errors, sessionify

CALLING = dspy.Signature(
    "question, tools: list[Tool] -> answer, calls: ToolCalls",
    "Use the tools.",
    custom_types={"Tool": dspy.Tool, "ToolCalls": dspy.ToolCalls},
)


def tide(place: str, hour: int = 12) -> str:
    """Look the tide up."""
    return f"low in {place} at {hour}"


def undescribed(**anything) -> str:
    return "so"


@pytest.mark.parametrize(
    "tool",
    [
        dspy.Tool(tide),
        dspy.Tool(tide, name="low", desc="When it is low.", arg_desc={"place": "A bay."}),
        dspy.Tool(undescribed),
    ],
    ids=["plain", "described", "any arguments"],
)
def test_a_tool_comes_back_with_all_that_a_model_is_told(tool):
    back = there_and_back([tool], {})[0]
    assert type(back) is dspy.Tool
    assert str(back) == str(tool)
    assert back.format_as_litellm_function_call() == tool.format_as_litellm_function_call()
    assert (back.arg_desc, back.has_kwargs) == (tool.arg_desc, tool.has_kwargs)
    assert there_and_back(back, {}) == back


def test_its_function_is_not_in_the_file_and_says_so():
    back = there_and_back(dspy.Tool(tide), {})
    with pytest.raises(errors.NotFoundError, match="'tide'.*hand the program its tools again"):
        back(place="the bay")


@pytest.mark.parametrize("native", [True, False])
def test_a_conversation_with_tools_goes_on_from_a_file(native, tmp_path):
    def told(call):
        asked = {"tool_calls": [{"name": "tide", "args": {"place": "the bay"}}]}
        return in_form(str(call.request), {"answer": "so", "calls": asked})

    lm = scripted_lm(told)
    adapter = dspy.ChatAdapter(use_native_function_calling=native)
    dspy.configure(lm=lm, adapter=adapter)
    session = sessionify(dspy.Predict(CALLING))
    session(question="first", tools=[dspy.Tool(tide)])
    session.save(tmp_path / "chat.json")
    loaded = Session.load_from(tmp_path / "chat.json", dspy.Predict(CALLING))
    for one in (session, loaded):
        one(question="second", tools=[dspy.Tool(tide)])
    assert lm.prompts[-1] == lm.prompts[-2]
    assert loaded.turns[0].outputs == session.turns[0].outputs
