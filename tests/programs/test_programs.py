"""DSPy's own programs over several turns: each prompt tells a past that its reader can read."""

from __future__ import annotations

import inspect
import itertools
import re
from contextlib import suppress

import dspy
import pytest
from support.scripted import ENGINES, scripted_lm

from dspy_session import sessionify

FinalOutput = dict
with suppress(ImportError):  # before 3.1.1 there was no such class
    from dspy.primitives.code_interpreter import FinalOutput

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class FakeInterpreter:
    """Answers every piece of code; ``SUBMIT`` in it ends the work."""

    def __init__(self):
        self.tools, self.output_fields = {}, []

    def start(self): ...

    def execute(self, code, variables=None):
        found = re.search(r'SUBMIT\((?:answer=)?"(.*?)"\)', code)
        return FinalOutput({"answer": found[1]}) if found else "printed"

    def __call__(self, code):
        return self.execute(code)

    def shutdown(self): ...


def running_code(kind, **options):
    """A program that runs the code its model writes: before 3.3, in an interpreter it is given."""
    if "interpreter_factory" in inspect.signature(kind.__init__).parameters:
        return kind("question -> answer", interpreter_factory=FakeInterpreter, **options)
    return kind("question -> answer", interpreter=FakeInterpreter(), **options)


def tide(place: str) -> str:
    """Look the tide up."""
    return f"low at noon in {place}"


def told(call):
    """Values for whatever fields are asked for; numbered by the questions read so far."""
    number = len(set(re.findall(r"question (\d)", str(call.messages))))
    values = {
        "answer": f"reply {number}",
        "reasoning": f"because {number}",
        "rationale": f"because {number}",
        "plan": f"plan {number}",
        "query": f"query {number}",
        "next_thought": f"thought {number}",
        "next_tool_name": "finish" if "low at noon" in call.last else "tide",
        "next_tool_args": {} if "low at noon" in call.last else {"place": "the bay"},
        "tool_calls": {
            "tool_calls": [{"name": "submit", "args": {"answer": f"reply {number}"}}],
        },
        "generated_code": "tide('the bay')",
        "code": f'SUBMIT(answer="reply {number}")',
        "finished": True,
        "advice": {},
        "discussion": "fine",
    }
    wanted = call.last.rpartition("Respond with")[2]
    return {name: value for name, value in values.items() if f"`[[ ## {name} ## ]]`" in wanted}


class Steps(dspy.Module):
    """Predictors in containers, under two names, compiled, each with fields of its own."""

    def __init__(self):
        super().__init__()
        self.steps = [dspy.Predict("question -> plan"), (dspy.Predict("plan -> query"),)]
        self.tools = {"search": {"deep": [dspy.ChainOfThought("query -> answer")]}}
        self.alias = self.steps[0]
        self.last = dspy.ChainOfThought("question, plan -> answer")
        self.last._compiled = True

    def forward(self, question):
        plan = self.steps[0](question=question).plan
        query = self.steps[1][0](plan=plan).query
        self.tools["search"]["deep"][0](query=query)
        again = self.alias(question=question).plan
        return {"answer": self.last(question=question, plan=again).answer}


class Compared(dspy.Module):
    def __init__(self):
        super().__init__()
        self.compare = dspy.MultiChainComparison("question -> answer", M=2)

    def forward(self, question):
        tries = [dspy.Prediction(rationale="why", answer=f"try {n}") for n in range(2)]
        return {"answer": self.compare(tries, question=question).answer}


def reward(args, prediction):
    return 0.0


def wrapped(kind):
    return kind(dspy.ChainOfThought("question -> answer"), N=2, reward_fn=reward, threshold=1.0)


PROGRAMS = {
    "Predict": lambda: dspy.Predict("question -> answer"),
    "ChainOfThought": lambda: dspy.ChainOfThought("question -> answer"),
    "containers": Steps,
    "ReAct": lambda: dspy.ReAct("question -> answer", tools=[tide]),
    "ReActV2": lambda: dspy.ReActV2("question -> answer", tools=[tide]),
    "CodeAct": lambda: running_code(dspy.CodeAct, tools=[tide]),
    "ProgramOfThought": lambda: running_code(dspy.ProgramOfThought),
    "RLM": lambda: running_code(dspy.RLM),
    "MultiChainComparison": Compared,
    "BestOfN": lambda: wrapped(dspy.BestOfN),
    "Refine": lambda: wrapped(dspy.Refine),
}
ADDED_LATER = ("ReActV2", "RLM")
PROGRAMS = {
    name: make for name, make in PROGRAMS.items() if name not in ADDED_LATER or hasattr(dspy, name)
}


def past(call):
    """What stands between the instructions and the question: said by user and assistant."""
    return [message["content"] for message in call.turns]


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_turn_reads_the_ones_before_and_none_reads_none(name):
    lm = scripted_lm(told)
    dspy.configure(lm=lm)
    session = sessionify(PROGRAMS[name]())
    sent = [0]
    for number in range(3):
        session(question=f"question {number}")
        sent.append(len(lm.calls))

    turns = [lm.calls[start:stop] for start, stop in itertools.pairwise(sent)]
    assert not any(past(call) for call in turns[0] if name != "ReActV2")
    for number, calls in enumerate(turns[1:], start=1):
        speaking = [call for call in calls if "advice" not in call.last]
        assert speaking
        assert all(past(call) for call in speaking)
        joined = "".join(text for call in calls for text in past(call))
        for earlier in range(number):
            assert f"question {earlier}" in joined
            assert f"reply {earlier + 1}" in joined
        assert f"question {number + 1}" not in joined
    for call in lm.calls:
        roles = [message["role"] for message in call.turns]
        assert roles == ["user", "assistant"] * (len(roles) // 2) or name == "ReActV2"
        for text in past(call):
            assert "None" not in text
            assert text.strip()
    assert [turn.outputs["answer"] for turn in session.turns] == [f"reply {n}" for n in (1, 2, 3)]
    assert all("history" not in turn.outputs for turn in session.turns)


@pytest.mark.parametrize("name", PROGRAMS)
def test_snapshots_of_every_nested_call_are_what_its_prompt_shows(name):
    lm = scripted_lm(told)
    dspy.configure(lm=lm)
    session = sessionify(PROGRAMS[name]())
    for number in range(2):
        session(question=f"question {number}")
    before = [c.history_snapshot.messages for turn in session.turns for c in turn.calls]
    session.edit_turn(0, outputs={"answer": "edited"})
    after = [c.history_snapshot.messages for turn in session.turns for c in turn.calls]
    assert after == before
    sent = len(lm.calls)
    session(question="question 2")
    seen = str([past(call) for call in lm.calls[sent:]])
    # RLM's answers stand in the code that its model wrote, which no edit of the answer rewrites.
    assert ("edited" in seen) == (name != "RLM")


@pytest.mark.skipif(not ENGINES, reason="DSPy 3.4 takes an interpreter from its settings")
def test_an_interpreter_from_the_settings_will_do():
    dspy.configure(lm=scripted_lm(told), interpreter_factory=FakeInterpreter)
    session = sessionify(dspy.RLM("question -> answer"))
    assert session(question="question 0").answer == "reply 1"
    assert session(question="question 1").answer == "reply 2"


def test_a_program_that_asks_under_another_name_reads_what_it_asked():
    class Renaming(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("query -> answer")

        def forward(self, question):
            return self.ask(query=f"about {question}")

    lm = scripted_lm(told)
    dspy.configure(lm=lm)
    session = sessionify(Renaming())
    for number in range(2):
        session(question=f"question {number}")
    assert [message["role"] for message in lm.calls[1].turns] == ["user", "assistant"]
    assert "about question 0" in lm.calls[1].turns[0]["content"]
