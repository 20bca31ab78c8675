"""Calls of a session: what is said, what is recorded, and what an error leaves behind."""

from __future__ import annotations

import logging
import threading

import dspy
import pydantic
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify


def qa(*answers, **settings):
    """A session over a bare predictor and the model it talks to."""
    lm = scripted_lm(*(answers or (lambda call: {"answer": f"after {len(call.turns) // 2}"},)))
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(lm)
    return session, lm


def fingerprint(session):
    """Everything a failed call must leave as it was."""
    conversation = session._conversation
    return (
        repr(session.turns),
        [branch.key for branch in conversation.branches],
        session._branch,
        conversation.revision,
        conversation.undo_label,
        conversation.redo_label,
        conversation.running,
        session.session_history.messages,
    )


class Returns(dspy.Module):
    """A program that returns what it is told to."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, question):
        return self.result


class Fails(dspy.Module):
    """A program with a predictor, which raises after the predictor has answered."""

    def __init__(self, error):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")
        self.error = error

    def forward(self, question):
        self.ask(question=question)
        raise self.error


def test_each_turn_sees_the_ones_before():
    session, lm = qa()
    assert [session(question=q).answer for q in "abc"] == ["after 0", "after 1", "after 2"]
    assert [turn.inputs for turn in session.turns] == [{"question": q} for q in "abc"]
    assert [m["content"] for m in lm.calls[2].turns if m["role"] == "assistant"] == [
        "[[ ## answer ## ]]\nafter 0\n\n[[ ## completed ## ]]\n",
        "[[ ## answer ## ]]\nafter 1\n\n[[ ## completed ## ]]\n",
    ]


@pytest.mark.parametrize("way", ["__call__", "forward"])
def test_both_synchronous_ways_take_a_turn(way):
    session, _ = qa()
    assert getattr(session, way)(question="?").answer == "after 0"
    assert len(session) == 1


@pytest.mark.parametrize("way", ["acall", "aforward"])
async def test_both_asynchronous_ways_take_a_turn(way):
    session, _ = qa()
    assert (await getattr(session, way)(question="?")).answer == "after 0"
    assert (await getattr(session, way)(question="?")).answer == "after 1"
    assert len(session) == 2


async def test_a_program_without_aforward_is_awaited_too():
    class Plain(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            assert threading.current_thread() is not threading.main_thread()
            return self.ask(question=question)

    session = sessionify(Plain())
    session.set_lm(scripted_lm(lambda call: {"answer": f"after {len(call.turns) // 2}"}))
    await session.acall(question="a")
    assert (await session.acall(question="b")).answer == "after 1"
    assert [call.node for turn in session.turns for call in turn.calls] == ["ask", "ask"]


def test_an_empty_session_is_a_session():
    session, _ = qa()
    assert session
    assert len(session) == 0


class Answer(pydantic.BaseModel):
    answer: str
    sure: bool = True


@pytest.mark.parametrize(
    ("result", "outputs"),
    [
        ("text", {"output": "text"}),
        (None, {"output": None}),
        ([1, 2], {"output": [1, 2]}),
        ({"a": 1}, {"a": 1}),
        (dspy.Prediction(a=1, b=2), {"a": 1, "b": 2}),
        (Answer(answer="x"), {"answer": "x", "sure": True}),
    ],
)
def test_whatever_a_program_returns_is_recorded_as_fields(result, outputs):
    session = sessionify(Returns(result))
    assert session(question="?") == result
    assert session.turns[0].outputs == outputs


def test_positional_arguments_are_refused_with_the_right_call():
    session, _ = qa()
    with pytest.raises(errors.ArgumentTypeError, match=r"session\(question=…\)"):
        session("hello")


# --- bad input -----------------------------------------------------------------------------------

BAD_CALLS = {
    "a history that is a list": lambda s: s(question="?", history=[{"question": "a"}]),
    "an input the program lacks": lambda s: s(quesion="?"),
    "a positional input": lambda s: s("?"),
    "a turn that is not there": lambda s: s.edit_turn(7, outputs={"answer": "x"}),
    "a negative turn that is not there": lambda s: s.edit_turn(-3, label="x"),
    "an index that is a str": lambda s: s.rerun("0"),
    "an index that is a bool": lambda s: s.edit_turn(True, label="x"),
    "a field the turn lacks": lambda s: s.edit_turn(0, outputs={"anwser": "x"}),
    "outputs that are no dict": lambda s: s.edit_turn(0, outputs="x"),
    "inputs edited in place": lambda s: s.edit_turn(0, inputs={"question": "x"}),
    "a label that is no str": lambda s: s.edit_turn(0, outputs={"answer": "x"}, label=3),
    "a score that is NaN": lambda s: s.edit_turn(0, label="x", score=float("nan")),
    "a score that is a word": lambda s: s.edit_turn(0, label="x", score="high"),
    "a field to revert that is not there": lambda s: s.revert_turn(0, "anwser"),
    "a fork beyond the end": lambda s: s.fork(at=3),
    "a fork under a taken name": lambda s: s.fork(name="main"),
    "a fork without a name": lambda s: s.fork(name="  "),
    "a fork under a number": lambda s: s.fork(name=7),
    "a name taken": lambda s: s.fork(name="x").rename("main") or s.prune("x"),
    "an unknown branch": lambda s: s.prune("nowhere"),
    "its own branch": lambda s: s.prune("main"),
    "half a step": lambda s: s.undo(0.5),
    "a step backwards": lambda s: s.redo(-1),
    "inputs of an added turn": lambda s: s.add_turn(inputs="?", outputs={}),
    "outputs of an added turn": lambda s: s.add_turn(inputs={}, outputs={1: 2}),
    "a metric that is no function": lambda s: s.score("exact"),
    "gold of the wrong length": lambda s: s.score(len, gold=[None]),
    "gold that is no example": lambda s: s.score(lambda e, p: 1, gold=["a", "b"]),
    "an unknown history version": lambda s: s.to_examples(history="now"),
    "a state that is a dict": lambda s: s.use_state({"turns": []}),
    "a program that is a class": lambda s: s.update_module(dspy.Predict),
    "an option to merge by mistake": lambda s: Session.merge_examples(s, "other"),
}


@pytest.mark.parametrize("bad", BAD_CALLS.values(), ids=BAD_CALLS.keys())
def test_bad_input_is_refused_and_changes_nothing(bad):
    session, _ = qa()
    session(question="a")
    session(question="b")
    before = fingerprint(session)[:3]
    with pytest.raises(errors.DspySessionError) as caught:
        bad(session)
    assert len(str(caught.value)) > 15
    assert (repr(session.turns), session._branch) == (before[0], before[2])


@pytest.mark.parametrize(
    "settings",
    [
        {"history_field": 3},
        {"history_field": "two words"},
        {"max_turns": -1},
        {"max_turns": True},
        {"max_turns": "3"},
        {"max_stored_turns": 0},
        {"exclude_fields": "context"},
        {"exclude_fields": [1]},
        {"history_input_fields": 3},
        {"initial_history": [{"question": "a"}]},
        {"history_policy": "replace"},
        {"on_metric_error": "ignore"},
        {"copy_mode": "copy"},
        {"lock": "both"},
        {"on_turn": "log"},
        {"exclude_fields": {"a"}, "history_input_fields": {"a"}},
        {"history_input_fields": {"a"}, "input_field_override": {"b"}},
    ],
    ids=str,
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(errors.DspySessionError) as caught:
        sessionify(dspy.Predict("question -> answer"), **settings)
    assert isinstance(caught.value, (TypeError, ValueError))


@pytest.mark.parametrize("module", ["question -> answer", dspy.Predict, None, 3])
def test_only_modules_are_wrapped(module):
    with pytest.raises(errors.ArgumentTypeError, match=r"a session wraps a dspy\.Module"):
        sessionify(module)


def test_a_session_is_not_wrapped_twice():
    session, _ = qa()
    with pytest.raises(errors.ArgumentTypeError, match="session already"):
        sessionify(session)


def test_both_names_of_the_allow_list_are_one_setting():
    session, _ = qa(input_field_override={"question"})
    session(question="a")
    assert session.session_history.messages == [{"question": "a", "answer": "after 0"}]


# --- errors and interruptions ------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(2)])
def test_a_call_that_fails_leaves_no_trace(error):
    session = sessionify(Fails(error))
    session.set_lm(scripted_lm(lambda call: {"answer": "x"}))
    session.add_turn(inputs={"question": "a"}, outputs={"answer": "b"})
    before = fingerprint(session)
    with pytest.raises(type(error)):
        session(question="?")
    assert fingerprint(session) == before


def test_a_failed_call_keeps_what_redo_could_bring_back():
    session, _ = qa({"answer": "1"}, ZeroDivisionError("down"))
    session(question="a")
    session.undo()
    with pytest.raises(Exception, match="down"):
        session(question="b")
    assert [turn.inputs for turn in session.redo()] == [{"question": "a"}]


@pytest.mark.parametrize("policy", ["use_if_provided", "replace_session"])
def test_a_failed_call_does_not_replace_the_conversation(policy):
    session, _ = qa({"answer": "1"}, ZeroDivisionError("down"), history_policy=policy)
    session(question="a")
    before = fingerprint(session)
    with pytest.raises(Exception, match="down"):
        session(question="b", history=dspy.History(messages=[{"question": "q", "answer": "a"}]))
    assert fingerprint(session) == before


class Uncopyable:
    """Like an open connection: it works, but no copy can be made."""

    def __deepcopy__(self, memo):
        raise TypeError("cannot copy a connection")

    def __repr__(self):
        return "<connection>"


def test_an_input_that_cannot_be_copied_is_recorded_by_its_repr():
    class Program(dspy.Module):
        def forward(self, question, connection):
            assert isinstance(connection, Uncopyable)
            return {"answer": question}

    session = sessionify(Program())
    assert session(question="a", connection=Uncopyable()) == {"answer": "a"}
    turn = session.turns[0]
    assert turn.inputs == {"question": "a", "connection": "<connection>"}
    assert turn.flags == [
        "'connection' could not be copied (Uncopyable: cannot copy a connection); its repr was kept"
    ]


def test_an_answer_of_a_nested_call_is_not_lost_to_an_input_that_cannot_be_copied():
    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question, connection -> answer")

        def forward(self, question):
            return self.ask(question=question, connection=Uncopyable())

    session = sessionify(Program())
    session.set_lm(scripted_lm({"answer": "paid for"}))
    assert session(question="a").answer == "paid for"
    (call,) = session.turns[0].calls
    assert call.inputs == {"question": "a", "connection": "<connection>"}
    assert "could not be copied" in call.flags[0]


def test_later_changes_to_values_reach_no_recording():
    docs = ["one"]
    result = {"found": ["x"]}
    session = sessionify(Returns(result))
    session(question=docs)
    docs.append("two")
    result["found"].append("y")
    session.turns[0].inputs["question"].append("three")
    session.turns[0].outputs["found"].append("z")
    session.turns[0].history_snapshot.messages.append({})
    assert session.turns[0].inputs == {"question": ["one"]}
    assert session.turns[0].outputs == {"found": ["x"]}


def test_a_program_that_changes_its_history_changes_no_recording():
    class Rude(dspy.Module):
        def forward(self, question, history: dspy.History):
            seen = len(history.messages)
            for message in history.messages:
                message["output"]["n"].append("spoilt")
            history.messages.clear()
            return {"output": {"n": [seen]}}

    session = sessionify(Rude())
    for question in "abc":
        session(question=question)
    assert [turn.outputs["output"]["n"] for turn in session.turns] == [[0], [1], [2]]
    assert len(session.turns[2].history_snapshot.messages) == 2


# --- on_turn -------------------------------------------------------------------------------------


def test_on_turn_gets_the_session_and_the_finished_turn():
    told = []
    session, _ = qa(on_turn=lambda session, turn: told.append((session, turn, len(session))))
    session(question="a")
    (entry,) = told
    assert entry == (session, session.turns[0], 1)


async def test_an_async_on_turn_is_awaited():
    told = []

    async def hook(session, turn):
        told.append(turn.index)

    session, _ = qa(on_turn=hook)
    await session.acall(question="a")
    assert told == [0]


async def test_an_async_on_turn_that_fails_is_logged(caplog):
    async def hook(session, turn):
        raise RuntimeError("webhook down")

    session, _ = qa(on_turn=hook)
    with caplog.at_level(logging.WARNING, logger="dspy_session"):
        await session.acall(question="a")
    assert len(session) == 1
    assert "webhook down" in caplog.text


def test_an_async_on_turn_runs_after_a_synchronous_call_too():
    told = []

    async def hook(session, turn):
        told.append(turn.index)

    session, _ = qa(on_turn=hook)
    session(question="a")
    assert told == [0]


def test_on_turn_may_talk_to_the_session():
    def correct(session, turn):
        session.edit_turn(turn.index, label="seen")
        if turn.index == 0:
            session(question="from the hook")

    session, _ = qa(on_turn=correct)
    session(question="a")
    assert [(turn.label, turn.inputs["question"]) for turn in session.turns] == [
        ("seen", "a"),
        ("seen", "from the hook"),
    ]
