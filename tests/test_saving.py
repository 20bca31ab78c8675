"""Conversations to files and back, as callers do it."""

from __future__ import annotations

import datetime
import json

import dspy
import pydantic
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, SessionState, errors, sessionify


class Place(pydantic.BaseModel):
    name: str
    seen: datetime.date


class Travel(dspy.Signature):
    """Advise."""

    question: str = dspy.InputField()
    place: Place = dspy.OutputField()


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        plan = self.planner(question=question).plan
        return dspy.Prediction(answer=self.writer(question=question, plan=plan).answer)


def seen(call):
    return dict.fromkeys(("plan", "answer"), f"after {len(call.turns) // 2}")


@pytest.fixture
def lm():
    model = scripted_lm(seen)
    dspy.configure(lm=model)
    return model


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session.json"


def test_everything_a_person_sees_comes_back(lm, path):
    session = sessionify(Agent(), max_turns=5)
    for question in "abc":
        session(question=question)
    session.edit_turn(0, outputs={"answer": "edited"}, label="good", note="why", score=0.5)
    branch = session.fork(at=1, name="what-if")
    branch(question="d")
    session.pop_turn()
    session.save(path)
    back = Session.load_from(path, Agent())
    assert list(back.branches) == ["main", "what-if"]
    for name, one in session.branches.items():
        other = back.branches[name]
        assert other.turns == one.turns
        for ours, theirs in zip(one.turns, other.turns, strict=True):
            assert theirs.history_snapshot == ours.history_snapshot
            assert (theirs.recorded, theirs.stale) == (ours.recorded, ours.stale)
            assert (theirs.prompt, theirs.created_at) == (ours.prompt, ours.created_at)
            assert [c.outputs for c in theirs.calls] == [c.outputs for c in ours.calls]
    assert (back.turns[0].label, back.turns[0].scores) == ("good", {"hand": 0.5})
    assert [turn.inputs for turn in back.redo()] == [{"question": "c"}]


def test_the_next_prompts_are_the_same_as_without_saving(lm, path):
    session = sessionify(Agent(), max_turns=2)
    for question in "abc":
        session(question=question)
    session.save(path)
    back = Session.load_from(path, Agent())
    session(question="d")
    sent = len(lm.calls)
    back(question="d")
    assert lm.prompts[sent:] == lm.prompts[sent - 2 : sent]


def test_types_of_the_program_are_rebuilt_and_no_others(path):
    session = sessionify(dspy.Predict(Travel))
    place = Place(name="Kyoto", seen=datetime.date(2025, 4, 1))
    session.add_turn(inputs={"question": "where?"}, outputs={"place": place})
    session.save(path)
    assert Session.load_from(path, dspy.Predict(Travel)).turns[0].outputs == {"place": place}
    with pytest.raises(errors.FileFormatError, match="Place"):
        Session.load_from(path, dspy.Predict("question -> place"))


def test_settings_come_from_the_file_unless_given(lm, path):
    session = sessionify(
        dspy.Predict("question -> answer"),
        max_turns=3,
        max_stored_turns=7,
        exclude_fields={"context"},
        history_policy="use_if_provided",
        history_field="past",
    )
    session(question="a")
    session.save(path)
    saved = session.save_state()
    assert json.loads(path.read_text()) == json.loads(json.dumps(saved))
    module = dspy.Predict("question -> answer")
    assert Session.load_from(path, module).save_state() == saved
    assert Session.load_from(path, module).history_field == "past"
    assert Session.load_from(path, module, max_turns=1)._settings.max_turns == 1


def test_a_state_travels_as_json(lm):
    app = sessionify(dspy.Predict("question -> answer"))
    state = app.new_state()
    with app.use_state(state):
        app(question="a")
    back = SessionState.from_dict(json.loads(json.dumps(state.to_dict())))
    assert back.turns == state.turns
    with app.use_state(back):
        assert app(question="b").answer == "after 1"
    assert len(state) == 1


def test_a_state_is_saved_and_loaded(lm, path):
    state = SessionState(turns=[{"inputs": {"question": "a"}, "outputs": {"answer": "b"}}])
    state.save(path)
    assert SessionState.load_from(path).turns == state.turns


class Secret:
    """Nothing a file could hold."""


def test_a_value_that_cannot_be_written_is_named_and_the_old_file_stays(lm, path):
    session = sessionify(dspy.Predict("question -> answer"))
    session.add_turn(inputs={"question": "a"}, outputs={"answer": "b"})
    session.save(path)
    before = path.read_bytes()
    session.add_turn(inputs={"question": Secret()}, outputs={"answer": "b"})
    with pytest.raises(errors.EncodeError, match="question"):
        session.save(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["session.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b'{"version": 99}', b"\xff"])
def test_a_file_that_is_none_of_ours_is_refused_by_name(path, content):
    path.write_bytes(content)
    with pytest.raises(errors.FileFormatError, match=r"session\.json"):
        Session.load_from(path, dspy.Predict("question -> answer"))


def test_a_file_that_is_not_there_is_a_plain_error(path):
    with pytest.raises(FileNotFoundError):
        Session.load_from(path, dspy.Predict("question -> answer"))
