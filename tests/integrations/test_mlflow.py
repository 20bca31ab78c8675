"""Conversations in MLflow: traces, datasets, models, against a SQLite tracking store."""

from __future__ import annotations

import json

import dspy
import mlflow
import pandas as pd
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, sessionify
from dspy_session.errors import ArgumentError, ArgumentTypeError, EncodeError
from dspy_session.integrations.mlflow import (
    TurnLogger,
    load_model,
    log_model,
    log_session,
    save_model,
    to_dataset,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def tracking(database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where MLflow puts files
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    mlflow.set_tracking_uri(database)
    mlflow.set_experiment("conversations")
    yield
    mlflow.flush_trace_async_logging()


class Support(dspy.Module):
    def __init__(self):
        super().__init__()
        self.plan = dspy.Predict("question -> plan")
        self.reply = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        plan = self.plan(question=question).plan
        return self.reply(question=question, plan=plan)


def answer(call):
    return {"plan": "think", "answer": f"answer {len(call.turns) // 2}"}


def talked(program=None, turns=2, **settings) -> Session:
    chat = sessionify(program or dspy.Predict("question -> answer"), **settings)
    with dspy.context(lm=scripted_lm(answer)):
        for number in range(turns):
            chat(question=f"question {number}")
    return chat


def traces(session_id):
    mlflow.flush_trace_async_logging()
    found = mlflow.search_traces(
        filter_string=f"metadata.`mlflow.trace.session` = '{session_id}'", return_type="list"
    )
    return sorted(found, key=lambda trace: trace.info.tags["dspy_session.turn_id"])


def test_each_turn_is_a_trace_of_one_session():
    chat = talked(Support())
    logged = log_session(chat, session_id="alice", user_id="u1", tags={"channel": "web"})
    assert list(logged.trace_ids) == [turn.id for turn in chat.turns]
    trace = mlflow.get_trace(logged.trace_ids[chat.turns[1].id])
    assert trace.info.trace_metadata["mlflow.trace.session"] == "alice"
    assert trace.info.trace_metadata["mlflow.trace.user"] == "u1"
    assert trace.info.tags["channel"] == "web"
    (root,) = [span for span in trace.data.spans if span.parent_id is None]
    assert root.inputs == {"question": "question 1"}
    assert root.outputs == {"answer": chat.turns[1].outputs["answer"]}
    children = {
        span.name: [one for one in trace.data.spans if one.parent_id == span.span_id]
        for span in trace.data.spans
    }
    assert sorted(span.name for span in children["turn 1"]) == ["plan", "reply"]
    (request,) = children["reply"]
    assert request.inputs["messages"] == chat.turns[1].calls[1].prompt
    usage = trace.info.token_usage
    assert usage["input_tokens"] == chat.turns[1].prompt_tokens
    assert usage["output_tokens"] == chat.turns[1].completion_tokens


def test_scores_are_metrics_of_the_run_and_feedback_on_the_traces():
    chat = talked()
    chat.score(lambda example, pred, trace=None: float("0" in pred.answer), name="has zero?")
    chat.edit_turn(1, score=0.25)
    logged = log_session(chat, session_id="scored")
    history = mlflow.MlflowClient().get_metric_history(logged.run_id, "score.has zero_")
    assert [(one.step, one.value) for one in history] == [(0, 1.0), (1, 0.0)]
    metrics = mlflow.get_run(logged.run_id).data.metrics
    assert metrics["latency_s"] > 0
    assert metrics["prompt_tokens"] == chat.turns[1].prompt_tokens
    feedback = {
        one.name: (one.value, one.source.source_type)
        for one in mlflow.get_trace(logged.trace_ids[chat.turns[1].id]).info.assessments
    }
    assert feedback == {"has zero?": (0.0, "CODE"), "hand": (0.25, "HUMAN")}


def test_the_whole_conversation_lies_beside_and_loads(tmp_path):
    chat = talked()
    chat.fork(at=1, name="what-if")
    logged = log_session(chat)
    folder = mlflow.artifacts.download_artifacts(
        run_id=logged.run_id, artifact_path="conversation", dst_path=str(tmp_path / "got")
    )
    again = Session.load_from(f"{folder}/conversation.json", dspy.Predict("question -> answer"))
    assert list(again.branches) == ["main", "what-if"]
    assert again.turns == chat.turns
    assert len(pd.read_csv(f"{folder}/turns.csv")) == 2


def test_logging_again_adds_what_is_new_and_repeats_nothing():
    chat = talked()
    first = log_session(chat, session_id="again")
    chat.edit_turn(0, score=1.0)
    with dspy.context(lm=scripted_lm(answer)):
        chat(question="one more")
    second = log_session(chat, session_id="again")
    log_session(chat, session_id="again")
    assert len(traces("again")) == 3
    assert second.trace_ids.items() >= first.trace_ids.items()
    (feedback,) = mlflow.get_trace(first.trace_ids[chat.turns[0].id]).info.assessments
    assert feedback.value == 1.0


def test_an_active_run_is_used():
    with mlflow.start_run() as run:
        assert log_session(talked()).run_id == run.info.run_id
    assert mlflow.active_run() is None


def test_turns_are_logged_as_they_are_made():
    chat = talked(on_turn=TurnLogger(session_id="live", user_id="u2"))
    found = traces("live")
    assert {trace.info.tags["dspy_session.turn_id"] for trace in found} == {
        turn.id for turn in chat.turns
    }


def test_a_tracking_store_that_fails_costs_no_turn(tmp_path):
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/no/such/folder/x.db")
    chat = talked(on_turn=TurnLogger(session_id="lost"))
    assert len(chat.turns) == 2


def test_examples_become_an_evaluation_dataset_and_are_written_once():
    chat = talked()
    chat.edit_turn(1, outputs={"answer": "better"}, score=1.0)
    to_dataset(chat, name="cases")
    dataset = to_dataset([chat, talked(turns=1)], name="cases")
    records = dataset.to_df().to_dict(orient="records")
    assert len(records) == 2
    by_question = {record["inputs"]["question"]: record for record in records}
    second = by_question["question 1"]
    assert second["expectations"] == {"answer": "better"}
    assert second["inputs"]["history"] == [{"question": "question 0", "answer": "answer 0"}]
    assert len(to_dataset(chat, name="good", min_score=0.5).to_df()) == 1


def test_a_logged_model_comes_back_with_program_settings_and_conversation():
    chat = talked(max_turns=3)
    chat.module.signature = chat.module.signature.with_instructions("Be kind.")
    info = log_model(chat, name="support")
    again = load_model(info.model_uri)
    assert again.turns == chat.turns
    lm = scripted_lm(answer)
    with dspy.context(lm=lm):
        again(question="and now?")
    assert "Be kind." in lm.calls[0].system
    assert len(lm.calls[0].turns) == 4
    assert len(again.turns) == 3


def test_a_saved_model_answers_rows_without_remembering(tmp_path):
    chat = talked()
    save_model(chat, tmp_path / "model")
    model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    past = [{"question": "q", "answer": "a"}]
    lm = scripted_lm(answer)
    with dspy.context(lm=lm):
        rows = [
            {"question": "first"},
            {"question": "with past", "history": past},
            {"question": "with JSON", "history": json.dumps(past)},
        ]
        assert [row["answer"] for row in model.predict(rows)] == [
            "answer 0",
            "answer 1",
            "answer 1",
        ]
        frame = pd.DataFrame([{"question": "a", "history": None}, {"question": "b"}])
        assert model.predict(frame) == [{"answer": "answer 0"}] * 2
        with pytest.raises(ArgumentError, match="history is a list of messages"):
            model.predict([{"question": "first", "history": "not JSON"}])
    assert lm.calls[0].turns == []


def test_what_is_no_session_is_refused():
    program = dspy.Predict("question -> answer")
    for refused in (log_session, lambda one: log_model(one, name="x")):
        with pytest.raises(ArgumentTypeError, match=r"sessionify\(program\) makes one"):
            refused(program)
    with pytest.raises(ArgumentTypeError, match="a dataset is made of sessions, got Predict"):
        to_dataset([program], name="x")


def test_a_model_without_a_session_is_named(tmp_path):
    class Plain(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input

    mlflow.pyfunc.save_model(str(tmp_path / "m"), python_model=Plain(), pip_requirements=[])
    with pytest.raises(ArgumentError, match="holds no session"):
        load_model(str(tmp_path / "m"))


def test_a_value_that_cannot_be_written_is_named_before_anything_is_logged():
    chat = sessionify(dspy.Predict("question -> answer"))
    chat.add_turn({"question": object()}, {"answer": "a"})
    with pytest.raises(EncodeError, match="question"):
        log_session(chat, session_id="odd")
    assert traces("odd") == []
