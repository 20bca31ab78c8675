"""What code inside a call can ask about it."""

from __future__ import annotations

import threading

import dspy
import pytest
from support.agents import Desk, counting_lm, talk

from dspy_session import (
    carry_frame,
    get_child_l1_ledger,
    get_current_history,
    get_execution_trace,
    get_node_memory,
    get_outer_history,
    sessionify,
    with_memory,
)

NOTHING = dspy.History(messages=[])


def everything():
    return (
        get_current_history(),
        get_outer_history(),
        get_node_memory(),
        get_child_l1_ledger("planner"),
        get_execution_trace(),
    )


@pytest.fixture(autouse=True)
def lm():
    lm = counting_lm()
    with dspy.context(lm=lm):
        yield lm


class Looking(Desk):
    """Looks around at the end of each call."""

    seen = None

    def look(self):
        type(self).seen = everything()


def test_outside_a_call_all_of_it_is_empty():
    assert everything() == (NOTHING, NOTHING, "", "", "")
    app = with_memory(Looking())
    talk(app, "a")
    assert everything() == (NOTHING, NOTHING, "", "", "")


def test_inside_forward_it_is_the_programs():
    app = with_memory(Looking())
    talk(app, "a", "b")
    current, outer, memory, ledger, trace = Looking.seen
    assert current == outer == dspy.History(messages=[{"question": "a", "answer": "0"}])
    assert memory == ""
    assert ledger.splitlines()[-3:] == [
        "- turn: 3",
        '  inputs: {"question": "b again"}',
        '  outputs: {"plan": "3"}',
    ]
    assert trace.splitlines() == [
        "self: turns=1 l2_chars=0",
        "planner: turns=4 l2_chars=0",
        "researcher.ask: turns=2 l2_chars=0",
        "researcher.read.predict: turns=2 l2_chars=0",
        "steps[0]: turns=2 l2_chars=0",
        "tools['search']: turns=2 l2_chars=0",
        "critic: turns=2 l2_chars=0",
        "writer: turns=1 l2_chars=0",
        "active: self",
    ]


def test_it_works_without_policies_too():
    talk(sessionify(Looking()), "a", "b")
    assert Looking.seen[0].messages == [{"question": "a", "answer": "0"}]
    assert Looking.seen[3].count("- turn:") == 4


class Asking(dspy.ChatAdapter):
    """An adapter of the kind that writes prompts from templates: it asks what there is."""

    asked = None

    def format(self, signature, demos, inputs):
        names = list(signature.output_fields)
        self.asked.append((names[-1], *everything()))
        return super().format(signature, demos, inputs)


def test_an_adapter_asks_for_the_predictor_that_it_formats():
    app = with_memory(
        Desk(),
        child_configs={
            "researcher": {"lifespan": "episodic", "consolidator": lambda memory, text: "knows"},
        },
    )
    Asking.asked = []
    with dspy.context(adapter=Asking()):
        talk(app, "a", "b")
    second = {name: rest for name, *rest in Asking.asked[len(Asking.asked) // 2 :]}
    assert second["answer"][0].messages == [{"question": "a", "answer": "0"}]
    assert second["verdict"][0].messages[0]["verdict"] == "0"
    assert second["verdict"][1].messages == [{"question": "a", "answer": "0"}]
    assert second["query"][2] == "knows"
    assert second["query"][4].splitlines()[-1] == "active: self > researcher > researcher.ask"
    assert second["answer"][2] == ""


def test_inside_a_sub_module_it_is_that_modules():
    found = []

    class Inner(dspy.Module):
        def forward(self, question):
            found.append(everything())
            return dspy.Prediction(echo=question.upper())

    class Outer(dspy.Module):
        def __init__(self):
            super().__init__()
            self.inner = Inner()

        def forward(self, question):
            return dspy.Prediction(answer=self.inner(question=question).echo)

    app = with_memory(Outer(), child_configs={"inner": {}})
    talk(app, "a", "b")
    current, outer, *_, trace = found[1]
    assert current.messages == [{"question": "a", "echo": "A"}]
    assert outer.messages == [{"question": "a", "answer": "A"}]
    assert trace.splitlines()[-1] == "active: self > inner"


def test_a_ledger_is_found_by_the_path_of_the_one_node_in_a_module():
    found = {}

    class Outer(dspy.Module):
        def __init__(self):
            super().__init__()
            self.thought = dspy.ChainOfThought("question -> answer")

        def forward(self, question):
            answer = self.thought(question=question).answer
            for path in ("thought", "thought.predict", "self", "nowhere", "th"):
                found[path] = get_child_l1_ledger(path)
            return dspy.Prediction(answer=answer)

    talk(with_memory(Outer()), "a", "b")
    assert found["thought"] == found["thought.predict"]
    assert found["thought"].count("- turn:") == 2
    assert found["self"].count("- turn:") == 1
    assert (found["nowhere"], found["th"]) == ("", "")


def test_values_of_any_type_stand_in_a_ledger_as_json():
    found = []

    class Outer(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question, tags: set, more: dict -> answer")

        def forward(self, question):
            self.ask(question=question, tags={"é"}, more={"h": dspy.History(messages=[])})
            found.append(get_child_l1_ledger("ask"))
            return dspy.Prediction(answer="a")

    talk(with_memory(Outer()), "a")
    assert '"tags": ["é"], "more": {"h": {"messages": []}}' in found[0]


@pytest.mark.parametrize("carried", [True, False])
def test_raw_threads_know_the_call_when_it_is_carried_to_them(carried):
    found = []

    class Threads(dspy.Module):
        def forward(self, question):
            look = carry_frame(get_execution_trace) if carried else get_execution_trace
            thread = threading.Thread(target=lambda: found.append(look()))
            thread.start()
            thread.join()
            return dspy.Prediction(answer="a")

    talk(with_memory(Threads()), "a")
    assert found == ["self: turns=0 l2_chars=0\nactive: self" if carried else ""]


def test_what_is_handed_out_is_a_copy():
    class Spoils(dspy.Module):
        def forward(self, question):
            get_outer_history().messages.append({"question": "spoilt"})
            return dspy.Prediction(answer=str(len(get_outer_history().messages)))

    app = with_memory(Spoils())
    talk(app, "a", "b")
    assert app.turns[1].outputs == {"answer": "1"}
