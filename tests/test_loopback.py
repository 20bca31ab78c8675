"""Recorded conversations, held again through a real HTTP model."""

from __future__ import annotations

import json

import dspy
import pytest
from support.loopback import LoopbackServer, Status
from support.versions import LM_ERROR, REQUESTS_REFUSED

from dspy_session import Session, sessionify


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


def talked(held):
    """Each recorded conversation, held again by a session over HTTP."""
    with LoopbackServer(answers_to(held)) as server, dspy.context(lm=loopback_lm(server)):
        for questions, answers in held:
            chat = sessionify(dspy.Predict("question -> answer"))
            for question, answer in zip(questions, answers, strict=True):
                assert chat(question=question).answer == answer.strip()
            yield chat, server.requests[-1]["messages"]


def test_thirty_recorded_conversations_of_two_turns(conversations):
    held = list(recorded(conversations))
    assert len(held) == 30
    chats = []
    for (questions, answers), (chat, sent) in zip(held, talked(held), strict=True):
        assert [m["role"] for m in sent] == ["system", "user", "assistant", "user"]
        assert answers[0].strip() in sent[2]["content"]
        second = chat.turns[1]
        assert [dict(m) for m in second.prompt] == [dict(m) for m in sent]
        seen = [{"question": questions[0], "answer": answers[0].strip()}]
        assert second.history_snapshot == dspy.History(messages=seen)
        assert second.prompt_tokens > chat.turns[0].prompt_tokens
        assert second.model == "recorded"
        chats.append(chat)
    assert len(Session.merge_examples(*chats)) == 60


def test_recorded_conversations_are_added_corrected_and_kept(conversations, tmp_path):
    chats = []
    for questions, answers in recorded(conversations):
        chat = sessionify(dspy.Predict("question -> answer"))
        for question, answer in zip(questions, answers, strict=True):
            chat.add_turn({"question": question}, {"answer": answer})
        chats.append(chat)
    for number, chat in enumerate(chats):
        before = chat.turns[1].history_snapshot
        chat.edit_turn(0, outputs={"answer": f"corrected {number}"})
        chat.fork(at=1, name="again")
        chat.save(tmp_path / "chat.json")
        back = Session.load_from(tmp_path / "chat.json", dspy.Predict("question -> answer"))
        assert back.turns == chat.turns
        assert back.turns[1].stale
        assert back.turns[1].history_snapshot == before
        assert list(back.branches) == ["main", "again"]
    frames = [chat.to_dataframe() for chat in chats]
    assert sum(len(frame) for frame in frames) == 60
    assert all(list(frame["stale"]) == [False, True] for frame in frames)
    pairs = [pair for chat in chats for pair in chat.to_preferences()]
    assert len(pairs) == 30


def test_usage_comes_back_over_the_wire():
    answer = "[[ ## answer ## ]]\nfour words in all"
    with (
        LoopbackServer(lambda _: answer) as server,
        dspy.context(lm=loopback_lm(server), track_usage=True),
    ):
        out = dspy.Predict("question -> answer")(question="?")
    assert out.get_lm_usage()["openai/recorded"]["completion_tokens"] == len(answer.split())


async def test_the_server_streams():
    answer = " ".join(["a longer answer that needs several pieces"] * 5)
    with LoopbackServer(
        lambda _: f"[[ ## answer ## ]]\n{answer}\n\n[[ ## completed ## ]]"
    ) as server:
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
        pytest.raises(LM_ERROR, match="no such model"),
    ):
        dspy.Predict("question -> answer")(question="?")
    assert len(server.requests) == REQUESTS_REFUSED
