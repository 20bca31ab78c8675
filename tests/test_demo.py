"""The demo model, asked through DSPy's real adapters."""

from __future__ import annotations

import enum
from typing import Literal

import dspy
import pydantic
import pytest
from support.scripted import ENGINES
from support.versions import accepted

from dspy_session.demo import (
    DOUBLE_CHARGE,
    LOGIN_TROUBLE,
    SupportAgent,
    concise,
    demo_lm,
    helpful,
    helpful_with_feedback,
)
from dspy_session.demo._tidepool import ESCALATION, TOPICS

needs_engines = pytest.mark.skipif(
    not ENGINES, reason="before DSPy 3.4 the demo model neither streams nor is saved"
)

ADAPTERS = {
    "chat": dspy.ChatAdapter(**accepted(dspy.ChatAdapter, use_json_adapter_fallback=False)),
    "json": dspy.JSONAdapter(),
    "xml": dspy.XMLAdapter(**accepted(dspy.XMLAdapter, use_json_adapter_fallback=False)),
}


@pytest.fixture(params=ADAPTERS, autouse=True)
def adapter(request):
    with dspy.context(lm=demo_lm(), adapter=ADAPTERS[request.param]):
        yield request.param


def converse(*messages, program=None, **config):
    """Every reply to the messages, each asked with the ones before as history."""
    program = program or dspy.Predict("question, history: dspy.History -> reply")
    said, replies = [], []
    for message in messages:
        history = dspy.History(messages=list(said))
        replies.append(program(question=message, history=history, config=config).reply)
        said.append({"question": message, "reply": replies[-1]})
    return replies


def test_a_name_told_before_is_remembered():
    assert converse("Hi! My name is Max", "What is my name?")[-1] == "Your name is Max."


def test_without_history_it_says_that_it_was_never_told():
    reply = converse("What is my name?")[-1]
    assert reply == "You have not told me your name yet."


@pytest.mark.parametrize(
    ("told", "asked", "fact"),
    [
        ("I write from mia@reef.example.", "Which email address do you know?", "email"),
        ("We are on the Team plan.", "What plan am I on?", "plan"),
        ("It happens on my iPhone", "which device did I say?", "device"),
    ],
)
def test_what_it_was_never_told_it_does_not_know(told, asked, fact):
    assert "told" not in converse(told)[-1]
    assert "iPhone" not in converse(asked)[-1], fact


def test_each_message_moves_the_case_one_step_on():
    replies = converse(*LOGIN_TROUBLE)
    assert "Mia" in replies[0]
    assert "email address" in replies[0]
    assert "spam folder" in replies[1]
    assert "reset link" not in replies[1]
    assert "spam folder did not help" in replies[2]
    assert "mia@reef.example" in replies[2]
    assert "the reset mail never arrived" in replies[3]
    assert replies[4] == ("So far we have tried the reset link, the spam folder and a second mail.")


def test_a_bare_yes_is_understood_from_the_history_alone():
    assert "refund is on its way" in converse(*DOUBLE_CHARGE)[2]
    assert "refund" not in converse(DOUBLE_CHARGE[2])[0]


def test_an_edited_answer_changes_what_comes_next():
    program = dspy.Predict("question, history: dspy.History -> reply")

    def after(reply):
        history = dspy.History(messages=[{"question": "I can't log in. I'm a@b.example", **reply}])
        return program(question="and now?", history=history).reply

    assert "reset link" in after({"reply": "One moment."})
    assert "spam folder" in after({"reply": "Please use the reset link."})


def test_no_topic_and_no_history_gets_a_question_back():
    assert "purple" in converse("purple elephants")[0]


def test_thanks_end_the_case():
    assert "Glad" in converse("I can't log in", "It works now, thanks!")[-1]


def test_the_same_prompt_has_the_same_answer():
    assert converse(*LOGIN_TROUBLE) == converse(*LOGIN_TROUBLE)


def test_a_fresh_rollout_is_worded_anew():
    usual = converse("I can't log in")
    again = converse("I can't log in", temperature=1.0, rollout_id=1)
    assert again != usual
    assert converse("I can't log in", temperature=1.0, rollout_id=2) != again


def test_a_seed_fixes_the_wording():
    seeded = {converse("I can't log in", temperature=1.0, seed=1)[0] for _ in range(3)}
    assert len(seeded) == 1


class Mood(enum.Enum):
    CALM = "calm"
    ANGRY = "angry"


class Ticket(pydantic.BaseModel):
    title: str
    priority: int
    tags: list[str] = []
    owner: str | None = None


class Everything(dspy.Signature):
    """Fill every kind of field."""

    question: str = dspy.InputField()
    intent: Literal["small talk", "billing", "log in"] = dspy.OutputField()
    mood: Mood = dspy.OutputField()
    resolved: bool = dspy.OutputField()
    count: int = dspy.OutputField()
    confidence: float = dspy.OutputField()
    ticket: Ticket = dspy.OutputField()
    tags: list[str] = dspy.OutputField()
    scores: dict[str, float] = dspy.OutputField()
    maybe: int | None = dspy.OutputField()
    summary: str = dspy.OutputField()
    reply: str = dspy.OutputField()


def test_every_field_gets_a_value_of_its_type():
    out = dspy.ChainOfThought(Everything)(question="I'm Ada <b>&amp;</b> can't log in")
    assert out.intent == "log in"
    assert isinstance(out.mood, Mood)
    assert out.resolved is False
    assert isinstance(out.count, int)
    assert isinstance(out.confidence, float)
    assert isinstance(out.ticket, Ticket)
    assert all(isinstance(tag, str) for tag in out.tags)
    assert isinstance(out.scores, dict)
    assert "Ada" in out.summary
    assert "Ada" in out.reply
    assert out.reasoning


def test_an_agent_with_tools_finishes():
    def look_up(name: str) -> str:
        """Look a customer up."""
        return name

    out = dspy.ReAct("question -> reply", tools=[look_up])(question="I can't log in")
    assert "email address" in out.reply


def test_the_support_agent_classifies_and_responds():
    out = SupportAgent()(question=DOUBLE_CHARGE[0])
    assert (out.intent, "invoice" in out.reply) == ("billing", True)


async def test_the_support_agent_answers_awaited():
    out = await SupportAgent().acall(question=LOGIN_TROUBLE[0])
    assert (out.intent, "email" in out.reply) == ("access", True)


@needs_engines
async def test_words_arrive_one_by_one():
    program = dspy.streamify(
        dspy.Predict("question -> reply"),
        stream_listeners=[dspy.streaming.StreamListener("reply")],
    )
    pieces = [piece async for piece in program(question="I can't log in")]
    chunks = [p.chunk for p in pieces if isinstance(p, dspy.streaming.StreamResponse)]
    assert len(chunks) > 3
    assert "".join(chunks).strip().strip('"') == pieces[-1].reply  # JSON keeps its quotes


def test_usage_is_reported():
    with dspy.context(track_usage=True):
        out = dspy.Predict("question -> reply")(question="I can't log in")
    used = out.get_lm_usage()["demo/tidepool"]
    assert used["prompt_tokens"] > used["completion_tokens"] > 0


@needs_engines
def test_a_program_saved_with_the_demo_model_loads_again(tmp_path):
    program = dspy.Predict("question -> reply")
    program.set_lm(demo_lm())
    program.save(tmp_path / "program.json")
    loaded = dspy.Predict("question -> reply")
    loaded.load(tmp_path / "program.json", allow_unsafe_lm_state=True)
    assert "email address" in loaded(question="I can't log in").reply


def test_your_own_model_takes_its_place(monkeypatch):
    monkeypatch.setenv("DSPY_SESSION_LM", "openai/some-model")
    assert demo_lm(api_key="none").model == "openai/some-model"


def test_metrics_prefer_the_reply_that_uses_the_history():
    scores = [helpful(None, dspy.Prediction(reply=reply)) for reply in converse(*LOGIN_TROUBLE)]
    assert scores[2] == 1.0
    assert all(0 <= score < 1 for score in scores[:2])
    judged = helpful_with_feedback(None, dspy.Prediction(answer=""))
    assert judged.score == 0
    assert "says what to do" in judged.feedback
    assert concise(None, dspy.Prediction(reply="Short."))
    assert not concise(None, dspy.Prediction(reply="word " * 31))


def test_a_transcript_shows_which_steps_were_offered():
    for step in (ESCALATION, *(step for topic in TOPICS for step in topic.steps)):
        assert all(step.offered(wording) for wording in step.wordings), step.mark
