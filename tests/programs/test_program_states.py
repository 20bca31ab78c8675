"""Programs inside sessions: copied, compiled, saved, pickled, and read by other processes."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import textwrap

import cloudpickle
import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, errors, sessionify, with_memory

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def after(call):
    return {"plan": "p", "reasoning": "because", "answer": f"after {len(call.turns) // 2}"}


def flat():
    return dspy.Predict("question -> answer")


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writers = [dspy.ChainOfThought("question, plan -> answer")]

    def forward(self, question):
        return self.writers[0](question=question, plan=self.planner(question=question).plan)


EXAMPLES = [
    dspy.Example(question=f"train {n}", answer=f"label {n}", plan="p").with_inputs("question")
    for n in range(3)
]


@pytest.fixture
def lm():
    model = scripted_lm(after)
    dspy.configure(lm=model)
    return model


def talked(program, turns=2, **settings):
    session = sessionify(program, **settings)
    for number in range(turns):
        session(question=f"q{number}")
    return session


def compiled(program):
    return dspy.LabeledFewShot(k=2).compile(program, trainset=EXAMPLES)


# --- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [lambda s: s.fork(), lambda s: s.deepcopy(), copy.deepcopy])
@pytest.mark.parametrize("make", [flat, Agent])
def test_a_model_that_is_set_on_a_branch_or_copy_stays_there(make, copied, lm):
    session = talked(make())
    other = scripted_lm(after)
    twin = copied(session)
    twin.set_lm(other)
    twin(question="?")
    assert len(other.calls) == len(twin.turns[-1].requests)
    sent = len(lm.calls)
    session(question="?")
    assert len(lm.calls) == sent + len(session.turns[-1].requests)
    assert twin.get_lm() is other


def test_branches_of_a_shared_program_share_its_model(lm):
    app = with_memory(flat())
    branch = app.fork()
    branch.set_lm(scripted_lm(after))
    assert app.get_lm() is branch.get_lm()


# --- states of programs --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [flat, Agent])
def test_what_a_compiled_session_learned_travels_to_the_plain_program_and_back(make, lm):
    session = talked(make())
    learned = compiled(session)
    plain = make()
    plain.load_state(learned.dump_state())
    assert [len(p.demos) for p in plain.predictors()] == [2] * len(plain.predictors())
    assert plain.dump_state() == learned.dump_state()

    for program in (plain, learned):
        program(question="?")
        demos = [m["content"] for m in lm.calls[-1].turns if m["role"] == "user"]
        assert ["train" in demo for demo in demos] == [True, True]

    session.load_state(compiled(make()).dump_state())
    session(question="?")
    assert "train" in str(lm.prompts[-1])
    assert "after 1" in str(lm.prompts[-1])


def test_a_compiled_part_keeps_what_it_learned_as_in_the_plain_program(lm):
    class Larger(dspy.Module):
        def __init__(self, part):
            super().__init__()
            self.part = part
            self.last = dspy.Predict("answer -> verdict")

        def forward(self, question):
            return self.part(question=question)

    part = compiled(dspy.ChainOfThought("question -> answer"))
    part._compiled = True  # as optimizers mark a program that others must not change
    plain, session = Larger(part), sessionify(Larger(part))
    assert session.dump_state() == plain.dump_state()
    assert list(session.dump_state()) == ["last"]
    session.load_state(plain.dump_state())
    for number in range(2):
        assert session(question="?").answer == f"after {2 + number}"  # two demos come first


@pytest.mark.parametrize("make", [flat, Agent])
def test_a_program_file_loads_into_a_session_and_a_plain_program(make, lm, tmp_path):
    path = str(tmp_path / "program.json")
    compiled(make()).save(path)
    session = talked(make())
    session.load(path)
    session(question="?")
    assert "train" in str(lm.prompts[-1])
    assert len(session.turns) == 3
    session.module.save(path)
    plain = make()
    plain.load(path)
    assert plain.dump_state() == session.dump_state()


@pytest.mark.parametrize("make", [flat, Agent])
def test_a_conversation_is_no_program_file(make, lm, tmp_path):
    path = tmp_path / "chat.json"
    session = talked(make())
    session.save(path)
    with pytest.raises(errors.FileFormatError, match="load_from"):
        session.load(path)
    assert Session.load_from(path, make()).turns == session.turns


# --- copies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [flat, Agent])
def test_a_reset_copy_has_forgotten_what_was_learned_and_said(make, lm):
    session = compiled(talked(make()))
    session(question="?")
    fresh = session.reset_copy()
    fresh(question="?")
    assert "train" not in str(lm.prompts[-1])
    assert len(fresh) == 1
    session(question="?")
    assert "train" in str(lm.prompts[-1])
    assert len(session) == 2


# --- pickles -------------------------------------------------------------------------------------


def test_turns_states_and_branches_are_pickled(lm):
    session = talked(Agent())
    other = session.fork(at=1, name="other")
    other(question="?")
    session.edit_turn(0, outputs={"answer": "edited"}, note="n")
    turns, state, branch = pickle.loads(pickle.dumps((session.turns, session.state, other.state)))  # noqa: S301  # ours
    assert turns == session.turns
    assert [turn.history_snapshot for turn in turns] == [
        turn.history_snapshot for turn in session.turns
    ]
    assert (len(state), len(branch)) == (2, 2)
    assert state._conversation is branch._conversation


def test_a_pickled_session_keeps_its_settings(lm):
    session = talked(flat(), turns=1, max_turns=2, history_field="past")
    twin = cloudpickle.loads(cloudpickle.dumps(session))
    with twin.use_state(twin.new_state()):
        twin(question="elsewhere")
    for _ in range(3):
        twin(question="?")
    assert [turn.outputs["answer"] for turn in twin.turns] == ["after 0", "after 1"] + [
        "after 2"
    ] * 2
    assert twin.history_field == "past"
    assert len(session) == 1


READER = """
    import sys
    import cloudpickle, dspy
    from pathlib import Path
    from support.scripted import scripted_lm
    from support.versions import load_program

    def after(call):
        return {"reasoning": "because", "answer": f"after {len(call.turns) // 2}"}

    dspy.configure(lm=scripted_lm(after))
    folder = Path(sys.argv[1])
    session = cloudpickle.loads((folder / "session.pkl").read_bytes())
    print(len(session), session(question="?").answer, session.turns[0].outputs["answer"])
    program = load_program(folder / "program")
    print(len(program), program(question="?").answer, program(question="?").answer)
    print(len(program.predictors()[0].demos))
"""


def test_another_process_reads_pickled_sessions_and_saved_programs(lm, tmp_path):
    session = talked(dspy.ChainOfThought("question -> answer"))
    session.edit_turn(0, outputs={"answer": "edited"})
    (tmp_path / "session.pkl").write_bytes(cloudpickle.dumps(session))
    compiled(session).save(tmp_path / "program", save_program=True)
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READER), tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert found.returncode == 0, found.stderr[-2000:]
    assert found.stdout.split("\n")[:3] == ["2 after 2 edited", "0 after 2 after 3", "2"]


def test_a_state_as_json_is_read_by_another_program(lm):
    session = talked(flat())
    data = json.loads(json.dumps(session.state.to_dict()))
    other = with_memory(dspy.ChainOfThought("question -> answer"))
    with other.use_state(type(session.state).from_dict(data)):
        assert other(question="?").answer == "after 2"
