"""What a hand may do in the inspector, as values that Hypothesis draws, and a program for it."""

from __future__ import annotations

import enum
from typing import Any

import dspy
from hypothesis import strategies as st

from dspy_session import Session
from dspy_session.inspector import SessionInspector


class Mood(enum.Enum):
    GLAD = "glad"
    CROSS = "cross"


class Signature(dspy.Signature):
    question: str = dspy.InputField()
    answer: str = dspy.OutputField()
    mood: Mood = dspy.OutputField()


class Program(dspy.Module):
    """One nested call, so that turns have something inside."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = dspy.Predict("question -> plan, steps: int")
        self.answer = dspy.Predict(Signature)

    def forward(self, question: str) -> Any:
        self.plan(question=question)
        return self.answer(question=question)


def exact(example: dspy.Example, prediction: dspy.Prediction) -> float:
    """A metric that knows edits from what was recorded."""
    return float(example.answer == prediction.answer)


def answering(call: Any) -> dict[str, Any]:
    """The same prompt has the same answer."""
    said = len(call.turns)
    return {"answer": f"after {said}", "mood": "glad", "plan": "think", "steps": said}


def talk() -> Session:
    session = Session(Program())
    for number in range(3):
        session(question=f"q{number}")
    return session


TEXTS = st.text(max_size=12)
SCORES = st.floats(-1e6, 1e6) | st.none()
TURNS = st.integers(0, 3)
ACTIONS = st.one_of(
    st.tuples(st.just("edit"), TURNS, st.fixed_dictionaries({"answer": TEXTS})),
    st.tuples(st.just("edit"), TURNS, st.fixed_dictionaries({"mood": st.sampled_from(Mood)})),
    st.tuples(st.just("edit_call"), TURNS, st.fixed_dictionaries({"steps": st.integers()})),
    st.tuples(st.just("revert"), TURNS),
    st.tuples(st.just("revert_call"), TURNS),
    st.tuples(st.just("score_turn"), TURNS, SCORES),
    st.tuples(st.just("score_named"), TURNS, SCORES, TEXTS),
    st.tuples(st.just("score_call"), TURNS, SCORES),
    st.tuples(st.just("label"), TURNS, TEXTS | st.none()),
    st.tuples(st.just("note"), TURNS, TEXTS | st.none()),
    st.tuples(st.just("exclude"), TURNS, st.booleans()),
    st.tuples(st.just("fork"), TURNS | st.none()),
    st.tuples(st.just("rename"), st.sampled_from(["a", 'b"c', "d\\'e", "\N{RIGHT-TO-LEFT MARK}f"])),
    st.tuples(st.just("star"), st.booleans()),
    st.tuples(st.just("prune")),
    st.tuples(st.just("switch"), st.integers(0, 5)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
    st.tuples(st.just("send"), TEXTS),
    st.tuples(st.just("rerun"), TURNS, TEXTS | st.none()),
    st.tuples(st.just("rescore")),
    st.tuples(st.just("replay")),
)


def act(inspector: SessionInspector, name: str, *given: Any) -> None:
    """Do what an action says; it may be refused."""
    branches = [branch["name"] for branch in inspector.summary()["branches"]]
    turn = given[0] if given else None
    changed = {"question": given[1]} if name == "rerun" and given[1] is not None else {}
    does: dict[str, Any] = {
        "edit": lambda: inspector.edit(turn, **given[1]),
        "edit_call": lambda: inspector.edit_call(turn, 0, **given[1]),
        "revert": lambda: inspector.revert(turn),
        "revert_call": lambda: inspector.revert(turn, call=0),
        "score_turn": lambda: inspector.score_turn(turn, given[1]),
        "score_named": lambda: inspector.score_turn(turn, given[1], name="s", feedback=given[2]),
        "score_call": lambda: inspector.score_turn(turn, given[1], call=0),
        "label": lambda: inspector.label(turn, given[1]),
        "note": lambda: inspector.note(turn, given[1]),
        "exclude": lambda: inspector.exclude(turn, excluded=given[1]),
        "fork": lambda: inspector.fork(turn),
        "rename": lambda: inspector.rename(given[0]),
        "star": lambda: inspector.star(starred=given[0]),
        "prune": inspector.prune,
        "switch": lambda: inspector.switch(branches[given[0] % len(branches)]),
        "undo": inspector.undo,
        "redo": inspector.redo,
        "send": lambda: inspector.send(question=given[0]),
        "rerun": lambda: inspector.rerun(turn, **changed),
        "rescore": inspector.rescore,
        "replay": inspector.replay,
    }
    does[name]()
