"""Recorded conversations, held again through a real HTTP model."""

from __future__ import annotations

import json

import dspy
import pytest
from support.loopback import LoopbackServer, Status


def recorded(folder):
    """``(questions, answers)`` of each recorded conversation, two turns each."""
    with (folder / "mt_bench_questions.jsonl").open() as lines:
        questions = {q["question_id"]: q["turns"] for q in map(json.loads, lines)}
    with (folder / "mt_bench_gpt4_answers.jsonl").open() as lines:
        for answer in map(json.loads, lines):
            yield questions[answer["question_id"]], answer["choices"][0]["turns"]


def answers_to(conversations):
    """A responder that knows the recorded answer to the last question it is sent."""
    known = {
        question.strip(): answer
        for questions, answers in conversations
        for question, answer in zip(questions, answers, strict=True)
    }

    def respond(messages):
        asked = messages[-1]["content"].partition("[[ ## question ## ]]\n")[2]
        question = asked.rpartition("\n\nRespond with the corresponding output fields")[0].strip()
        return f"[[ ## answer ## ]]\n{known[question]}\n\n[[ ## completed ## ]]"

    return respond


def loopback_lm(server, **kwargs):
    settings = {"cache": False, "num_retries": 0, **kwargs}
    return dspy.LM("openai/recorded", api_base=server.url, api_key="none", **settings)


def test_thirty_recorded_conversations_of_two_turns(conversations):
    held = list(recorded(conversations))
    assert len(held) == 30
    program = dspy.Predict("question, history: dspy.History -> answer")
    with LoopbackServer(answers_to(held)) as server, dspy.context(lm=loopback_lm(server)):
        for questions, answers in held:
            messages = []
            for question, answer in zip(questions, answers, strict=True):
                out = program(question=question, history=dspy.History(messages=messages))
                assert out.answer == answer.strip()
                messages = [*messages, {"question": question, "answer": out.answer}]
    assert len(server.requests) == 60
    second = server.requests[1]["messages"]
    assert [m["role"] for m in second] == ["system", "user", "assistant", "user"]
    assert held[0][1][0] in second[2]["content"]


def test_usage_comes_back_over_the_wire():
    answer = "[[ ## answer ## ]]\nfour words in all"
    with (
        LoopbackServer(lambda _: answer) as server,
        dspy.context(lm=loopback_lm(server), track_usage=True),
    ):
        out = dspy.Predict("question -> answer")(question="?")
    assert out.get_lm_usage()["openai/recorded"]["completion_tokens"] == len(answer.split())


async def test_the_server_streams():
    answer = "a longer answer that needs several pieces"
    with LoopbackServer(lambda _: f"[[ ## answer ## ]]\n{answer}") as server:
        program = dspy.streamify(
            dspy.Predict("question -> answer"),
            stream_listeners=[dspy.streaming.StreamListener("answer")],
        )
        with dspy.context(lm=loopback_lm(server)):
            pieces = [piece async for piece in program(question="?")]
    assert server.requests[0]["stream"] is True
    assert pieces[-1].answer == answer
    assert sum(isinstance(p, dspy.streaming.StreamResponse) for p in pieces) > 1


def test_an_http_error_reaches_the_caller():
    with (
        LoopbackServer(lambda _: Status(400, "no such model")) as server,
        dspy.context(lm=loopback_lm(server)),
        pytest.raises(dspy.LMError, match="no such model"),
    ):
        dspy.Predict("question -> answer")(question="?")
    assert len(server.requests) == 1
