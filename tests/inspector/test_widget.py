"""The widget and its channel, with a page in the place of the notebook's comm."""

from __future__ import annotations

import threading

import dspy
import pytest
from pydantic import TypeAdapter
from support.pages import RefusedError, custom
from support.scripted import Held, scripted_lm

from dspy_session import Session
from dspy_session.errors import NotFoundError
from dspy_session.inspector import SessionInspector, _widget
from dspy_session.inspector._protocol.messages import PUSHES, REQUESTS


def conforms(name, result):
    TypeAdapter(REQUESTS[name][1]).validate_python(result, strict=False)
    return result


def test_the_widget_opens_with_the_summary_and_the_page(page):
    opening = page.wire.wait_for(lambda one: "summary" in one.get("state", {}))
    assert opening["type"] == "comm_open"
    assert opening["state"]["summary"]["head"]["matched"] == 3
    assert opening["state"]["_esm"] == _widget.bundle_text()


def test_a_missing_bundle_is_told_with_the_command_that_builds_it(session, monkeypatch, tmp_path):
    monkeypatch.setattr(_widget, "BUNDLE", tmp_path / "widget.js")
    inspector = SessionInspector(session)
    with pytest.raises(NotFoundError, match="npm run build"):
        _ = inspector.widget
    with pytest.warns(UserWarning, match="npm run build"):
        faces, _ = inspector._repr_mimebundle_()
    assert set(faces) == {"text/plain", "text/html"}


def test_the_rest_of_the_page_comes_when_it_is_asked_for(page, monkeypatch, tmp_path):
    for name, path in _widget.PARTS.items():
        part = conforms("part", page.ask("part", name=name))
        assert part["source"] == path.read_text(encoding="utf-8")
    assert page.reply("part", name="../widget")["error"]["code"] == "bad-request"
    monkeypatch.setitem(_widget.PARTS, "more", tmp_path / "more.js")
    with pytest.raises(RefusedError, match="npm run build") as caught:
        page.ask("part", name="more")
    assert caught.value.code == "not-found"


def test_reading_requests_are_answered_in_the_protocols_shapes(page):
    key, turn_id = page.key, page.row(2)["turn_id"]
    conforms("summary", page.ask("summary"))
    rows = conforms("rows", page.ask("rows", branch=key, start=0, stop=50))
    assert [row["index"] for row in rows["rows"]] == [0, 1, 2]
    located = page.ask("locate", branch=key, turn_id=turn_id, filter={"search": "q2"})
    assert conforms("locate", located) == {"position": 0}
    hidden = page.ask("locate", branch=key, turn_id=turn_id, filter={"search": "q1"})
    assert hidden == {"position": None}
    detail = conforms("turn", page.ask("turn", branch=key, turn_id=turn_id))
    assert (detail["history_seen"], detail["prompts"]) == (2, 1)
    assert detail["usage"]["model"]
    asked = {"branch": key, "turn_id": turn_id, "start": 0, "stop": 9}
    history = conforms("history", page.ask("history", kind="seen", **asked))
    assert [one["title"] for one in history["messages"]] == ["turn 0", "turn 1"]
    prompt = conforms("prompt", page.ask("prompt", which=0, **asked))
    assert "q2" in prompt["messages"][-1]["fields"][0]["value"]["text"]
    text = page.ask("text", side="outputs", field="answer", part="value", **asked)
    assert conforms("text", text) == {"text": "a2", "length": 2}
    preview = page.ask("preview_export", branch=key, format="examples", filter={"search": "q1"})
    assert conforms("preview_export", preview)["rows"] == 1


def test_actions_change_the_session_and_tell_the_new_revision(page, session):
    at = page.at(1)
    reply = page.reply("edit", field="answer", text="better", **at)
    conforms("edit", reply["result"])
    assert reply["revision"] == reply["result"]["revision"] == session._conversation.revision
    assert session.turns[1].outputs == {"answer": "better"}
    assert page.row(2)["stale"]
    page.ask("revert", field="answer", **page.at(1))
    page.ask("score", value=0.5, feedback="so-so", **page.at(1))
    page.ask("annotate", label="gold", excluded=True, **page.at(1))
    turn = session.turns[1]
    assert (turn.outputs["answer"], turn.score, turn.label, turn.excluded) == (
        "a1",
        0.5,
        "gold",
        True,
    )
    for _ in range(4):
        page.ask("undo")
    assert (session.turns[1].score, session.turns[1].label) == (None, None)
    page.ask("redo")
    assert session.turns[1].outputs == {"answer": "better"}


def test_branches_are_forked_renamed_starred_and_pruned(page, session):
    key = page.key
    fork = page.ask("fork", branch=key, turn_id=page.row(1)["turn_id"], name="alt")["branch"]
    page.ask("star", branch=fork, starred=True)
    page.ask("rename", branch=fork, name="other")
    views = {one["name"]: one for one in page.ask("summary")["branches"]}
    assert (views["other"]["turns"], views["other"]["starred"]) == (1, True)
    assert page.ask("prune", branch=fork)["branch"] == key
    assert list(session.branches) == ["main"]


def test_an_edit_based_on_an_older_version_is_a_conflict(page):
    at = page.at(1)
    page.ask("annotate", note="first", **at)
    with pytest.raises(RefusedError) as caught:
        page.ask("edit", field="answer", text="x", **at)
    assert caught.value.code == "conflict"
    assert page.row(1)["outputs"][0]["text"] == "a1"


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("turn", {"turn_id": "gone"}, "not-found"),
        ("rows", {"branch": "gone", "start": 0, "stop": 1}, "not-found"),
        ("rename", {"name": " "}, "refused"),
        ("prune", {}, "refused"),
        ("undo", {}, None),
        ("redo", {}, "conflict"),
        ("rescore", {"metric": "nope"}, "not-found"),
        ("stop", {"job": 99}, "not-found"),
        ("export", {"format": "jsonl", "target": "no/such/folder/x.jsonl"}, "refused"),
        ("send", {"inputs": {"question": 3}}, "bad-request"),
    ],
)
def test_what_cannot_be_done_is_answered_and_changes_nothing(page, session, name, args, code):
    before = session._conversation.branches
    reply = page.reply(name, **{"branch": page.key, **args})
    assert reply.get("error", {}).get("code") == code
    if code is not None:
        assert session._conversation.branches == before


@pytest.mark.parametrize("content", [None, "text", 3, [], {}, {"ask": "rows"}, {"seq": 5}])
def test_any_message_at_all_is_answered(page, content):
    page.post(content)
    answer = page.wire.wait_for(lambda one: "error" in custom(one))
    assert custom(answer)["error"]["code"] == "bad-request"


def test_a_page_cannot_write_the_kernels_traits(page):
    before = page.widget.summary
    update = {
        "method": "update",
        "state": {"summary": {"evil": 1}, "_esm": "evil"},
        "buffer_paths": [],
    }
    page.widget.comm.handle_msg({"content": {"data": update}, "buffers": []})
    assert page.widget.summary == before
    assert page.widget._esm == _widget.bundle_text()


def test_changes_made_in_python_reach_the_page_and_the_saved_summary(page, session):
    session.edit_turn(0, outputs={"answer": "new"})
    revision = session._conversation.revision
    changed = page.wire.wait_for(lambda one: custom(one).get("revision") == revision)
    assert custom(changed) == {"push": "changed", "revision": revision}
    state = page.wire.wait_for(
        lambda one: one.get("state", {}).get("summary", {}).get("revision") == revision
    )
    head = state["state"]["summary"]["head"]
    assert head["rows"][0]["outputs"][0]["text"] == "new"


def test_many_changes_make_few_pushes_and_the_last_one_is_told(page, session):
    for number in range(300):
        session.edit_turn(0, outputs={"answer": f"new {number}"})
    revision = session._conversation.revision
    page.wire.wait_for(lambda one: custom(one).get("revision") == revision)
    assert len(page.pushes) < 100
    shapes = TypeAdapter(PUSHES[0])
    for push in page.pushes:
        if push["push"] == "changed":
            shapes.validate_python(push)


def test_a_sent_message_becomes_a_turn_under_the_settings_of_the_inspecting_cell(page, session):
    # The page's thread knows nothing of the test's dspy.context; nor does a kernel's.
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(
            page.ask("send", branch=page.key, inputs={"question": "more?"})
        )
    )
    thread.start()
    thread.join(30)
    job = conforms("send", answers[0])["job"]
    end = page.finished(job["id"])
    assert (end["outcome"], end["turn_id"]) == ("done", session.turns[3].id)
    assert session.turns[3].outputs == {"answer": "a3"}
    assert page.ask("summary")["jobs"] == []


def test_a_turn_is_run_again_on_a_new_branch(page, session):
    job = page.ask(
        "rerun", branch=page.key, turn_id=page.row(1)["turn_id"], inputs={"question": "else?"}
    )["job"]
    end = page.finished(job["id"])
    assert end["outcome"] == "done"
    row = page.ask("rows", branch=end["branch"], start=1, stop=2)["rows"][0]
    assert row["turn_id"] == end["turn_id"]
    assert row["inputs"][0]["text"] == "else?"
    assert len(row["siblings"]) == 2
    assert len(session.turns) == 3


def test_a_failing_call_is_told_and_leaves_no_trace(open_page):
    with dspy.context(lm=scripted_lm({"answer": "a0"}, *[ValueError("no such model")] * 2)):
        session = Session(dspy.Predict("question -> answer"))
        session(question="q0")
        page = open_page(session)  # so it is asked for a stream, and then plainly
        job = page.ask("rerun", branch=page.key, turn_id=page.row(0)["turn_id"])["job"]
        end = page.finished(job["id"])
    assert end["outcome"] == "failed"
    assert "no such model" in end["message"]
    assert list(session.branches) == ["main"]


def test_an_answer_on_its_way_is_discarded_when_stopped(open_page):
    held = Held({"answer": "late"})
    with dspy.context(lm=scripted_lm({"answer": "a0"}, held)):
        session = Session(dspy.Predict("question -> answer"))
        session(question="q0")
        page = open_page(session)
        job = page.ask("send", branch=page.key, inputs={"question": "q1"})["job"]
        assert held.reached.wait(30)
        running = page.ask("summary")
        assert [one["index"] for one in running["running"]] == [1]
        assert [one["id"] for one in running["jobs"]] == [job["id"]]
        assert "discarded" in page.ask("stop", job=job["id"])["message"]
        held.release()
        end = page.finished(job["id"])
    assert end["outcome"] == "stopped"
    assert [turn.inputs["question"] for turn in session.turns] == ["q0"]


def test_an_edit_made_while_a_call_runs_is_kept(open_page):
    held = Held({"answer": "a1"})
    with dspy.context(lm=scripted_lm({"answer": "a0"}, held)):
        session = Session(dspy.Predict("question -> answer"))
        session(question="q0")
        page = open_page(session)
        job = page.ask("send", branch=page.key, inputs={"question": "q1"})["job"]
        assert held.reached.wait(30)
        page.ask("edit", field="answer", text="edited", **page.at(0))
        held.release()
        assert page.finished(job["id"])["outcome"] == "done"
    assert [turn.outputs["answer"] for turn in session.turns] == ["edited", "a1"]
    assert session.turns[1].stale


def test_a_branch_is_replayed_and_one_undo_takes_it_back(open_page):
    with dspy.context(lm=scripted_lm({"answer": "a0"}, {"answer": "b0"})):
        session = Session(dspy.Predict("question -> answer"))
        session(question="q0")
        page = open_page(session)
        reply = conforms("replay", page.ask("replay", branch=page.key, name="again"))
        end = page.finished(reply["job"]["id"])
    assert end["outcome"] == "done"
    row = page.ask("rows", branch=end["branch"], start=0, stop=1)["rows"][0]
    assert row["outputs"][0]["text"] == "b0"
    assert session.inspect().as_python().endswith("session.branches['main'].replay(name='again')\n")
    page.ask("undo")
    assert list(session.branches) == ["main"]


def test_a_replay_is_watched_and_a_stopped_one_keeps_the_turns_that_are_done(open_page):
    held = Held({"answer": "b1"})
    answers = [{"answer": one} for one in ("a0", "a1", "a2", "b0")]
    with dspy.context(lm=scripted_lm(*answers, held)):
        session = Session(dspy.Predict("question -> answer"))
        for number in range(3):
            session(question=f"q{number}")
        page = open_page(session, stream=False)
        job = page.ask("replay", branch=page.key, name="again")["job"]
        assert held.reached.wait(30)
        assert [(one["done"], one["total"]) for one in page.ask("summary")["jobs"]] == [(1, 3)]
        assert "with the turn" in page.ask("stop", job=job["id"])["message"]
        held.release()
        end = page.finished(job["id"])
    assert end["outcome"] == "stopped"
    assert "2 of 3" in end["message"]
    again = session.branches["again"]
    assert [turn.outputs["answer"] for turn in again.turns] == ["b0", "b1"]

    anew = [{"answer": one} for one in ("a0", "a1", "a2", "b0", "b1")]
    with dspy.context(lm=scripted_lm(*anew)):
        other = Session(dspy.Predict("question -> answer"))
        for number in range(3):
            other(question=f"q{number}")
        exec(session.inspect().as_python(), {"session": other})  # noqa: S102
    replayed = other.branches["again"].turns
    assert [turn.outputs["answer"] for turn in replayed] == ["b0", "b1"]


def test_a_replay_that_fails_keeps_the_turns_before_it(open_page):
    answers = [{"answer": one} for one in ("a0", "a1", "b0")]
    with dspy.context(lm=scripted_lm(*answers, *[ValueError("no such model")] * 2)):
        session = Session(dspy.Predict("question -> answer"))
        session(question="q0")
        session(question="q1")
        page = open_page(session)
        job = page.ask("replay", branch=page.key, name="again")["job"]
        end = page.finished(job["id"])
        taken = page.finished(page.ask("replay", branch=page.key, name="again")["job"]["id"])
    assert end["outcome"] == taken["outcome"] == "failed"
    assert "no such model" in end["message"]
    assert len(session.branches["again"].turns) == 1
    assert "'again'" in taken["message"]


def test_rescoring_is_one_step_to_undo(page, session):
    job = page.ask("rescore", branch=page.key, metric="length")["job"]
    end = page.finished(job["id"])
    assert (end["outcome"], [turn.score for turn in session.turns]) == ("done", [2.0, 2.0, 2.0])
    assert "mean 2.00" in end["message"]
    assert page.ask("summary")["scored_by"] == ["length"]
    page.ask("undo")
    assert [turn.score for turn in session.turns] == [None, None, None]


def test_rescoring_that_is_stopped_keeps_what_was_scored(session, open_page):
    reached, go_on = threading.Event(), threading.Event()

    def slow(example, prediction):
        if example.question == "q1":
            reached.set()
            assert go_on.wait(30)
        return 1.0

    page = open_page(session, metrics=[slow])
    job = page.ask("rescore", branch=page.key, metric="slow")["job"]
    assert reached.wait(30)
    page.ask("stop", job=job["id"])
    go_on.set()
    end = page.finished(job["id"])
    assert end["outcome"] == "stopped"
    assert "2 of 3" in end["message"]
    assert [turn.score for turn in session.turns] == [1.0, 1.0, None]


def test_a_metric_that_fails_half_way_loses_no_score_and_is_told(open_page):
    def picky(example, prediction):
        if example.question == "q1":
            raise ValueError("cannot judge")
        return 1.0

    with dspy.context(lm=scripted_lm({"answer": "a0"}, {"answer": "a1"})):
        session = Session(dspy.Predict("question -> answer"), on_metric_error="raise")
        session(question="q0")
        session(question="q1")
    page = open_page(session, metrics=[picky])
    end = page.finished(page.ask("rescore", branch=page.key, metric="picky")["job"]["id"])
    assert end["outcome"] == "failed"
    assert "cannot judge" in end["message"]
    assert [turn.score for turn in session.turns] == [1.0, None]


def test_all_inspectors_of_a_conversation_share_one_widget(session):
    first, second = SessionInspector(session), SessionInspector(session.fork(at=1))
    assert first.widget is second.widget
    other = Session(dspy.Predict("question -> answer"))
    assert SessionInspector(other).widget is not first.widget


def test_a_closed_widget_is_replaced(session):
    inspector = SessionInspector(session)
    first = inspector.widget
    first.close()
    assert inspector.widget is not first


def test_the_reply_goes_to_the_shell_that_asked_when_the_kernel_lets_us_choose(session):
    inspector = SessionInspector(session)
    comm = type("Comm", (), {"_reply_subshell_for": lambda data, default: "elsewhere"})()
    _widget.pin(comm)
    assert comm._reply_subshell_for({}, "here") == "here"
    _widget.pin(inspector.widget.comm)  # a comm that does not
