"""An agent that notes its own steps: what it noted in earlier turns precedes what it notes now."""

from __future__ import annotations

import re

import dspy
import pytest
from support.scripted import scripted_lm
from support.trees import through_a_file

from dspy_session import Session, sessionify
from dspy_session._tree.values import replaced

pytestmark = pytest.mark.skipif(
    not hasattr(dspy, "ReActV2"), reason="DSPy 3.3 brought the agent that notes its own steps"
)

ADAPTERS = [
    dspy.ChatAdapter(),
    dspy.JSONAdapter(),  # with native tool calls
    dspy.JSONAdapter(use_native_function_calling=False),
    dspy.XMLAdapter(),
]


def tide(place: str) -> str:
    """Look the tide up."""
    return f"low at noon in {place}"


def agent():
    return dspy.ReActV2("question -> answer", tools=[tide])


def steps(call):
    """A look-up, then an answer that tells what was seen."""
    said = str(call.request.messages)  # with the parts of native tool calls
    looks, replies = re.findall(r"noon in (bay \d+)", said), re.findall(r"reply \d+", said)
    done = len(dict.fromkeys(replies))
    if said.rfind("noon in bay") > said.rfind("reply "):
        asked = {"name": "submit", "args": {"answer": f"reply {done}"}}
    else:
        asked = {"name": "tide", "args": {"place": f"bay {done}"}}
    thought = f"thought {done} after {len(looks)}"
    return {"next_thought": thought, "tool_calls": {"tool_calls": [asked]}}


def talked(program, questions="abc", **settings):
    lm = scripted_lm(steps)
    dspy.configure(lm=lm)
    session = sessionify(program, **settings)
    for question in questions:
        session(question=question)
    return session, lm


def agent_prompts(session, index):
    return [prompt for call in session.turns[index].calls for prompt in call.prompts]


def shown(prompt):
    return str([message["content"] for message in prompt[1:]])


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: type(a).__name__)
def test_prompts_equal_those_of_an_agent_that_is_handed_its_last_history(adapter):
    plain, theirs, history = agent(), scripted_lm(steps), None
    dspy.configure(lm=theirs, adapter=adapter)
    for question in "abc":
        history = plain(question=question, history=history).history
    session, ours = talked(agent())
    assert [one["messages"] for one in ours.history] == [one["messages"] for one in theirs.history]
    assert [turn.outputs for turn in session.turns] == [{"answer": f"reply {n}"} for n in range(3)]
    assert "None" not in shown(ours.prompts[-1])


async def test_awaited_it_remembers_too():
    session, lm = talked(agent(), "")
    for question in "ab":
        await session.acall(question=question)
    assert lm.prompts == talked(agent(), "ab")[1].prompts
    assert session.turns[1].outputs == {"answer": "reply 1"}


def test_the_answer_brings_only_the_steps_of_its_own_call():
    session, _ = talked(agent(), "a")
    assert [len(session(question=q).history.messages) for q in "bc"] == [2, 2]
    assert set(session.turns[1].outputs) == {"answer"}


class Desk(dspy.Module):
    """An agent among other predictors."""

    def __init__(self):
        super().__init__()
        self.helper = agent()

    def forward(self, question):
        return {"answer": self.helper(question=question).answer}


@pytest.mark.parametrize("make", [agent, Desk])
def test_snapshots_are_what_the_model_saw_whatever_comes_later(make, tmp_path):
    session, lm = talked(make())
    before = [[c.history_snapshot.messages for c in turn.calls] for turn in session.turns]
    assert [[len(messages) for messages in turn] for turn in before] == [[0, 1], [2, 3], [4, 5]]
    session.edit_turn(0, outputs={"answer": "edited"})
    session.save(tmp_path / "talk.json")
    loaded = Session.load_from(tmp_path / "talk.json", make())
    for one in (session, loaded):
        assert [[c.history_snapshot.messages for c in turn.calls] for turn in one.turns] == before
    first = [agent_prompts(session, index) for index in range(3)]
    assert [prompt for turn in first for prompt in turn] == lm.prompts
    dspy.configure(lm=lm)
    sent = len(lm.prompts)
    session(question="d")
    loaded(question="d")
    assert lm.prompts[sent : sent + 2] == lm.prompts[sent + 2 :]


@pytest.mark.parametrize("make", [agent, Desk])
def test_an_edit_is_what_the_next_turn_reads(make):
    session, lm = talked(make(), "ab")
    session.edit_turn(0, outputs={"answer": "corrected"})
    sent = len(lm.prompts)
    session(question="c")
    assert all("corrected" in shown(prompt) for prompt in lm.prompts[sent:])
    assert "reply 0" not in shown(lm.prompts[-1])
    assert [turn.stale for turn in session.turns] == [False, True, False]
    session.revert_turn(0)
    sent = len(lm.prompts)
    session(question="d")
    assert "corrected" not in shown(lm.prompts[-1])
    assert "reply 0" in shown(lm.prompts[-1])
    assert not session.turns[1].stale


def test_undo_forks_and_windows_hold_for_its_steps():
    session, lm = talked(agent())
    fork = session.fork(at=1)
    session.undo(2)
    for one in (session, fork):
        sent = len(lm.prompts)
        one(question="b")
        assert lm.prompts[sent:] == lm.prompts[2:4]
    short, lm = talked(agent(), "abcd", max_turns=1, max_stored_turns=2)
    assert lm.prompts[-1].count(lm.prompts[-1][1]) == 1
    assert "bay 0" not in shown(lm.prompts[-1])
    assert len(short.turns) == 2


def test_a_replay_and_an_earlier_history_reach_it():
    session, lm = talked(agent())
    for turn in session.turns:
        sent = len(lm.prompts)
        session(question=turn.inputs["question"], history=turn.history_snapshot)
        assert lm.prompts[sent:] == agent_prompts(session, turn.index)
    carried = agent()(question="a").history
    sent = len(lm.prompts)
    session(question="b", history=carried)
    assert lm.prompts[sent:] == agent_prompts(session, 1)
    seeded, _ = talked(agent(), "", initial_history=carried)
    seeded(question="b")
    assert agent_prompts(seeded, 0) == agent_prompts(session, 1)


def test_a_history_that_says_what_it_means_stays_alone():
    class Careful(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question, history: dspy.History -> answer")

        def forward(self, question):
            alone = self.ask(question=question, history=dspy.History(messages=[]))
            past = dspy.History(messages=[{"question": "chosen", "answer": "yes"}])
            return {"answer": self.ask(question=question, history=past).answer + alone.answer}

    lm = scripted_lm(lambda call: {"answer": str(len(call.turns))})
    dspy.configure(lm=lm)
    session = sessionify(Careful())
    assert [session(question=q)["answer"] for q in "abc"] == ["20"] * 3


def test_a_value_is_replaced_under_its_name_at_any_depth():
    calls = dspy.ToolCalls.from_dict_list([{"name": "submit", "args": {"answer": "old", "x": 1}}])
    made = replaced({"answer": "old", "steps": [calls], "rest": "old"}, {"answer": "new"})
    assert made["answer"] == "new"
    assert made["steps"][0].tool_calls[0].args == {"answer": "new", "x": 1}
    assert calls.tool_calls[0].args["answer"] == "old"
    assert made["rest"] == "old"


def test_a_saved_document_holds_each_step_once():
    session, _ = talked(agent(), "abcdef")
    document = str(through_a_file(session.save_state()))
    # As the model said it, as it was read, and as later prompts showed it.
    assert document.count("thought 3 after 3") <= 3
