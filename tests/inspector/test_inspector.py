"""The inspector's Python methods: each does what a click does."""

from __future__ import annotations

import gc
import threading
import weakref

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import Session
from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    BranchNotFoundError,
    ConflictError,
    FieldNotFoundError,
    NotFoundError,
    TurnNotFoundError,
)
from dspy_session.inspector import SessionInspector
from dspy_session.inspector._acting import Acting
from dspy_session.inspector._protocol.messages import REQUESTS


@pytest.fixture
def inspector(session) -> SessionInspector:
    return SessionInspector(session, metrics=[length])


def length(example, prediction):
    return float(len(prediction.answer))


class Pipeline(dspy.Module):
    """Two steps, so that turns have nested calls."""

    def __init__(self):
        super().__init__()
        self.plan = dspy.Predict("question -> plan")
        self.respond = dspy.Predict("question, plan -> reply")

    def forward(self, question):
        plan = self.plan(question=question).plan
        return self.respond(question=question, plan=plan)


@pytest.fixture
def pipeline():
    answers = ({"plan": "p0"}, {"reply": "r0"}, {"plan": "p1"}, {"reply": "r1"})
    with dspy.context(lm=scripted_lm(*answers)):
        session = Session(Pipeline())
        session(question="q0")
        session(question="q1")
        yield SessionInspector(session)


def test_every_request_of_the_page_is_a_method_too():
    other_names = {"score": "score_turn", "annotate": "label", "locate": "rows", "text": "turn"}
    other_names |= {"log": "as_python", "log_text": "as_python"}
    for name in REQUESTS.keys() - {"part"}:  # which is about the page itself
        method = getattr(SessionInspector, other_names.get(name, name))
        assert method.__doc__


def test_every_method_says_what_you_get():
    for cls in (SessionInspector, Acting):
        for name, method in vars(cls).items():
            if not name.startswith("_"):
                assert method.__doc__ or getattr(method, "fget", method).__doc__, name


def test_amendments_by_index(inspector, session):
    inspector.edit(1, answer="better")
    inspector.score_turn(-1, 0.5, feedback="so-so")
    inspector.label(1, "gold")
    inspector.note(1, "why")
    inspector.exclude(0)
    first, second, third = session.turns
    assert (second.outputs, second.label, second.note) == ({"answer": "better"}, "gold", "why")
    assert (third.score, third.feedback, third.stale) == (0.5, {"hand": "so-so"}, True)
    assert first.excluded
    inspector.revert(1, "answer")
    inspector.exclude(0, excluded=False)
    inspector.label(1, None)
    assert (session.turns[1].outputs, session.turns[1].label) == ({"answer": "a1"}, None)
    assert not session.turns[0].excluded


def test_a_value_of_any_type_can_be_set_from_python(inspector, session):
    inspector.edit(0, answer={"any": ["value"]})
    assert session.turns[0].outputs == {"answer": {"any": ["value"]}}


def test_nested_calls_are_reached_by_their_place(pipeline):
    assert [call["node"] for call in pipeline.turn(1)["calls"]] == ["plan", "respond"]
    assert pipeline.turn(1)["calls"][0]["history_turns"] == 1
    pipeline.edit_call(1, 0, plan="better")
    pipeline.score_turn(1, 1.0, call=0)
    call = pipeline.turn(1)["calls"][0]
    assert call["outputs"][0]["value"]["text"] == "better"
    assert call["scores"][0]["value"] == 1.0
    assert pipeline.turn(1)["scores"] == []
    assert "q1" in pipeline.prompt(1, call=0)[-1]["fields"][0]["value"]["text"]
    assert [one["title"] for one in pipeline.history(1, call=0)] == ["call 0"]
    pipeline.revert(1, call=0)
    assert pipeline.turn(1)["calls"][0]["outputs"][0]["original"] is None


def test_an_edited_call_changes_the_history_of_that_node_as_it_is_now(pipeline):
    pipeline.edit_call(0, 0, plan="better")
    now = pipeline.history(1, "now", call=0)
    assert now[0]["changed"]
    assert pipeline.history(1, "seen", call=0)[0]["fields"][-1]["value"]["text"] == "p0"


def test_reading_by_index(inspector):
    assert [row["index"] for row in inspector.rows()] == [0, 1, 2]
    assert [row["index"] for row in inspector.rows(1)] == [1, 2]
    assert [row["index"] for row in inspector.rows(search="q1")] == [1]
    assert [row["index"] for row in inspector.rows(descending=True)] == [2, 1, 0]
    assert inspector.turn(-1)["index"] == 2
    assert len(inspector.history(2)) == 2
    assert inspector.prompt(2)[-1]["title"] == "user"
    assert inspector.summary()["branches"][0]["turns"] == 3


def test_branches_are_walked_by_name(inspector, session):
    assert inspector.fork(1, name="alt") == "alt"
    assert inspector.branch == "alt"
    assert len(inspector.rows()) == 1
    inspector.rename("other")
    inspector.star()
    inspector.switch("main")
    assert (inspector.branch, len(inspector.rows())) == ("main", 3)
    inspector.switch("other")
    inspector.prune()
    assert inspector.branch == "main"
    assert list(session.branches) == ["main"]
    assert inspector.undo() == "prune 'other'"
    inspector.redo()
    assert inspector.fork() == "fork-1"
    assert len(inspector.rows()) == 3


def test_a_call_is_made_and_its_outputs_returned(inspector, session):
    assert inspector.send(question="more?") == {"answer": "a3"}
    assert len(session.turns) == 4


def test_a_turn_is_run_again_and_the_inspector_goes_there(inspector, session):
    name = inspector.rerun(1, question="else?")
    assert inspector.branch == name
    assert inspector.rows()[1]["inputs"][0]["text"] == "else?"
    assert len(session.turns) == 3


def test_scores_are_given_by_name_and_returned(inspector, session):
    assert inspector.rescore("length") == [2.0, 2.0, 2.0]
    assert inspector.rescore() == [2.0, 2.0, 2.0]
    assert inspector.undo() == "score 3 turns by length"
    assert [row["score"] for row in inspector.rows()] == [2.0, 2.0, 2.0]


def test_scoring_in_the_background_can_be_stopped(session):
    reached, go_on = threading.Event(), threading.Event()

    def slow(example, prediction):
        reached.set()
        assert go_on.wait(30)
        return 1.0

    inspector = SessionInspector(session, metrics=[slow])
    assert inspector.rescore("slow", wait=False) == [None, None, None]
    assert reached.wait(30)
    job = inspector.summary()["jobs"][0]
    assert (job["kind"], job["total"], job["done"]) == ("rescore", 3, 0)
    assert inspector.stop() == 1
    (work,) = inspector._desk.jobs._works.values()
    go_on.set()
    assert work.ended.wait(30)
    assert [row["score"] for row in inspector.rows()] == [1.0, None, None]
    assert inspector.stop() == 0


@pytest.mark.parametrize(
    ("act", "error", "told"),
    [
        (lambda i: i.edit(9, answer="x"), TurnNotFoundError, "0 to 2"),
        (lambda i: i.edit(0), ArgumentError, "name the output"),
        (lambda i: i.edit(0, reply="x"), FieldNotFoundError, "'answer'"),
        (lambda i: i.edit_call(0, 5, answer="x"), TurnNotFoundError, "it has 0"),
        (lambda i: i.score_turn(0, float("inf")), ArgumentError, "finite"),
        (lambda i: i.switch("nope"), BranchNotFoundError, "'main'"),
        (lambda i: i.prune(), ArgumentError, "only branch"),
        (lambda i: i.rescore("nope"), NotFoundError, "'length'"),
        (lambda i: i.prompt(0, 7), TurnNotFoundError, "made 1"),
        (lambda i: i.redo(), ConflictError, "nothing to redo"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(inspector, session, act, error, told):
    before = session._conversation.branches
    with pytest.raises(error, match=told):
        act(inspector)
    assert session._conversation.branches == before


def test_metrics_are_functions_with_names_of_their_own(session):
    with pytest.raises(ArgumentTypeError, match="str"):
        SessionInspector(session, metrics=["exact"])
    with pytest.raises(ArgumentError, match="two metrics are called 'length'"):
        SessionInspector(session, metrics=[length, length])


def test_fields_named_as_markdown_stay_so_until_others_are_named(session):
    assert session.inspect().summary()["markdown"] == []
    assert session.inspect(markdown=["answer"]).summary()["markdown"] == ["answer"]
    assert session.inspect().summary()["markdown"] == ["answer"]
    assert session.inspect(markdown="question").summary()["markdown"] == ["question"]
    assert session.inspect(markdown=()).summary()["markdown"] == []
    with pytest.raises(ArgumentTypeError, match="names of fields, got int: 3"):
        session.inspect(markdown=["answer", 3])
    assert session.inspect().summary()["markdown"] == []


def test_metrics_given_to_one_inspector_are_there_in_the_next(inspector, session):
    def other(example, prediction):
        return 0.0

    assert SessionInspector(session, metrics=[other]).summary()["metrics"] == ["length", "other"]


def test_the_settings_of_the_calling_cell_count_for_methods(inspector):
    with dspy.context(lm=scripted_lm({"answer": "from another model"})):
        assert inspector.send(question="who?") == {"answer": "from another model"}


def test_a_failure_leaves_no_job_behind(session):
    held = Held(RuntimeError("model is down"))
    held.release()
    inspector = SessionInspector(session)
    with dspy.context(lm=scripted_lm(held)), pytest.raises(Exception, match="model is down"):
        inspector.send(question="q")
    assert inspector.summary()["jobs"] == []
    assert len(session.turns) == 3


def test_a_session_bound_elsewhere_is_not_called_by_mistake(session):
    inspector = SessionInspector(session)
    with session.use_state(session.new_state()), pytest.raises(ConflictError, match="use_state"):
        inspector.send(question="q")
    assert len(session.turns) == 3


def test_its_text_is_the_same_every_time(inspector, session):
    assert repr(inspector) == "<SessionInspector Predict: branch 'main', 3 turns, 1 in all>"
    inspector.fork(1, name="alt")
    assert repr(inspector) == "<SessionInspector Predict: branch 'alt', 1 turn, 2 in all>"
    session.branches["alt"]._conversation.prune(inspector._key)
    assert "branch pruned" in repr(inspector)
    assert "main" in inspector._repr_html_()


def test_a_cell_gets_the_view_the_transcript_and_a_text(inspector):
    faces, _ = inspector._repr_mimebundle_()
    assert faces["text/plain"] == repr(inspector)
    assert faces["text/html"].startswith("<div")
    view = faces["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == inspector.widget.model_id


def test_an_inspector_that_was_never_shown_keeps_no_conversation_alive():
    session = Session(dspy.Predict("question -> answer"))
    inspector = SessionInspector(session, metrics=[length])
    gone = weakref.ref(inspector._desk)
    del session, inspector
    gc.collect()
    assert gone() is None


def test_the_inspector_goes_on_when_the_branch_of_its_session_is_pruned(session):
    inspector = session.inspect()
    inspector.fork(1, name="other")
    inspector.switch("main")
    inspector.prune()
    summary = inspector.summary()
    assert [branch["name"] for branch in summary["branches"]] == ["other"]
    assert [field["name"] for field in summary["outputs"]] == ["answer"]
    assert "other" in inspector.page_html()
