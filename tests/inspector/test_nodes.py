"""Nodes in the inspector: what each remembers, its ledger, its calls edited, scored, exported."""

from __future__ import annotations

from typing import Literal

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import errors, sessionify, with_memory


class Plan(dspy.Signature):
    question: str = dspy.InputField()
    plan: str = dspy.OutputField()
    steps: int = dspy.OutputField()
    mood: Literal["calm", "busy"] = dspy.OutputField()


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict(Plan)
        self.writers = [dspy.Predict("plan -> answer")]

    def forward(self, question):
        return self.writers[0](plan=self.planner(question=question).plan)


def answered(call):
    if "`[[ ## plan ## ]]`" in call.last:
        return {"plan": f"plan {len(call.turns) // 2}", "steps": "2", "mood": "calm"}
    return {"answer": "done"}


def agent(turns=3, **options):
    app = with_memory(Agent(), copy_mode="deep", **options)
    app.set_lm(scripted_lm(answered))
    for number in range(turns):
        app(question=f"q{number}")
    return app


def consolidate(past_memory, episode_transcript):
    return f"{past_memory}+" if past_memory else "a plan was made"


def test_every_node_tells_what_it_remembers(open_page):
    page = open_page(agent(child_configs={"planner": {"lifespan": "episodic"}}))
    branch = page.ask("summary")["branch"]
    assert page.ask("summary")["nodes"] == ["planner", "writers[0]"]
    planner, writer = page.ask("nodes", branch=branch)["nodes"]
    assert (planner["path"], planner["policy"]) == ("planner", "its own calls, of the running turn")
    assert (planner["calls"], planner["in_sight"], planner["memory"]) == (3, 0, None)
    assert (writer["policy"], writer["calls"], writer["in_sight"]) == ("its own calls", 3, 3)


def test_memories_are_shown():
    episodic = {"lifespan": "episodic", "consolidator": consolidate}
    inspector = agent(2, child_configs={"planner": episodic}).inspect()
    planner, _, consolidator = inspector.nodes()
    assert (consolidator["path"], consolidator["policy"]) == ("planner.consolidator", "nothing")
    assert planner["policy"] == "its own calls, of the running turn, consolidated"
    assert planner["memory"]["text"] == "a plan was made+"


@pytest.mark.parametrize(
    ("options", "sight", "words"),
    [
        ({}, "open", "its own calls"),
        ({"lifespan": "episodic"}, "ended", "its own calls, of the running turn"),
        ({"child_configs": {"planner": {"lifespan": "stateless"}}}, "none", "nothing"),
        ({"recursive": False}, "open", "the conversation or its own calls"),
    ],
)
def test_a_ledger_has_every_call_with_its_turn(options, sight, words):
    inspector = agent(**options).inspect()
    assert inspector.nodes()[0]["policy"] == words
    calls = inspector.ledger("planner")
    assert [call["index"] for call in calls] == [0, 1, 2]
    assert [call["inputs"][0]["text"] for call in calls] == ["q0", "q1", "q2"]
    assert {call["sight"] for call in calls} == {sight}
    kept = sight == "open"
    assert [call["saw"] for call in calls] == ([0, 1, 2] if kept else [0, 0, 0])


def test_long_ledgers_come_in_parts(open_page):
    session = agent(70)
    page = open_page(session)
    branch = page.ask("summary")["branch"]
    window = page.ask("ledger", branch=branch, node="planner", start=5, stop=1000)
    assert (window["total"], window["start"], len(window["calls"])) == (70, 5, 60)
    assert page.ask("ledger", branch=branch, node="planner", start=90, stop=99)["calls"] == []
    assert len(session.inspect().ledger("planner")) == 70
    assert [call["index"] for call in session.inspect().ledger("planner", 68, 99)] == [68, 69]
    with pytest.raises(errors.NotFoundError, match="called a node 'painter'"):
        session.inspect().ledger("painter")


def test_ledgers_follow_the_branch():
    session = agent(3)
    inspector = session.inspect()
    assert len(inspector.ledger("planner")) == 3
    session(question="more")
    assert len(inspector.ledger("planner")) == 4
    other = session.fork(at=1)
    other(question="else")
    inspector.switch(other.name)
    assert [call["inputs"][0]["text"] for call in inspector.ledger("planner")] == ["q0", "else"]
    session.undo(3)
    inspector.switch("main")
    assert [call["index"] for call in inspector.ledger("planner")] == [0]


def test_typed_edits_of_a_call_have_the_types_of_its_node(open_page):
    session = agent(2)
    page = open_page(session)
    branch = page.ask("summary")["branch"]
    turn = page.ask("turn", branch=branch, turn_id=session.turns[0].id)
    call = turn["calls"][0]
    assert [(one["name"], one["kind"], one["choices"]) for one in call["specs"]] == [
        ("plan", "text", []),
        ("steps", "number", []),
        ("mood", "choice", ["calm", "busy"]),
    ]
    at = {"branch": branch, "turn_id": turn["turn_id"], "call_id": call["call_id"]}
    page.ask("edit", **at, version=0, field="steps", text="5")
    page.ask("edit", **at, version=1, field="mood", text="busy")
    assert session.turns[0].calls[0].outputs == {"plan": "plan 0", "steps": 5, "mood": "busy"}
    entry = session.inspect().ledger("planner")[0]
    assert entry["edited"]
    with pytest.raises(Exception, match="not one of the allowed values"):
        page.ask("edit", **at, version=2, field="mood", text="angry")
    session(question="next")
    assert session.turns[-1].calls[0].history_snapshot.messages[0]["steps"] == 5


def test_scores_of_calls_make_a_nodes_mean():
    session = agent(3)
    inspector = session.inspect()
    inspector.score_turn(0, 1.0, call=0)
    inspector.score_turn(2, 0.5, call=0)
    planner, writer = inspector.nodes()
    assert (planner["mean_score"], writer["mean_score"]) == (0.75, None)
    assert [call["score"] for call in inspector.ledger("planner")] == [1.0, None, 0.5]
    assert session.module.planner.turns[0].score == 1.0


def test_one_nodes_examples_are_exported(open_page, monkeypatch):
    session = agent(3)
    session.edit_turn(1, excluded=True)
    namespace = {}
    monkeypatch.setattr(
        "dspy_session.inspector._exports.exports.notebook_namespace", lambda: namespace
    )
    page = open_page(session)
    told = page.ask(
        "export", branch=page.ask("summary")["branch"], format="examples", node="writers[0]"
    )
    assert told["message"] == "2 examples in writers_0_examples"
    examples = namespace["writers_0_examples"]
    assert [(one.plan, one.answer) for one in examples] == [("plan 0", "done"), ("plan 2", "done")]
    assert examples == session.to_examples(node="writers[0]")
    assert session.inspect().export("examples", node="planner", search="q2")[0].question == "q2"
    for options in (
        {"format": "dataframe", "node": "planner"},
        {"format": "examples", "node": "x"},
    ):
        with pytest.raises(errors.ArgumentError, match="exported as 'examples'|no node 'x'"):
            session.inspect().export(options["format"], node=options["node"])


def test_programs_without_nested_predictors_have_no_nodes(page):
    assert page.ask("summary")["nodes"] == []
    view = page.ask("nodes", branch=page.ask("summary")["branch"])
    assert (view["nodes"], view["memory"]) == ([], None)


def test_nodes_of_an_earlier_program_stay_readable():
    session = sessionify(Agent())
    session.set_lm(scripted_lm(answered))
    session(question="q")
    session.update_module(dspy.Predict("question -> answer"))
    inspector = session.inspect()
    assert [(one["path"], one["policy"]) for one in inspector.nodes()] == [
        ("planner", ""),
        ("writers[0]", ""),
    ]
    assert len(inspector.ledger("planner")) == 1
    assert inspector.turn(0)["calls"][0]["specs"][1]["kind"] == "number"
