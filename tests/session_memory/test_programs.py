"""DSPy programs that go on where the conversation with an id stood."""

from __future__ import annotations

import asyncio
import datetime
import threading
from typing import Any

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import sessionify
from dspy_session.errors import ArgumentError, ArgumentTypeError, UnsavedAnswerError
from dspy_session.session_memory import Item, SessionById, SessionMemory, SQLiteSessionMemory


class ListMemory(SessionMemory):
    """The smallest memory a user may write."""

    def __init__(self) -> None:
        self.sessions: dict[str, list[Item]] = {}
        self.broken = False

    async def load_session(self, session_id):
        return list(self.sessions.get(session_id, []))

    async def save_session(self, session_id, conversation_history):
        self.sessions[session_id] = list(conversation_history)

    async def append_to_session(self, session_id, new_items):
        if self.broken:
            raise OSError("disk full")
        self.sessions.setdefault(session_id, []).extend(new_items)

    async def clear_session(self, session_id):
        self.sessions.pop(session_id, None)

    async def list_sessions(self):
        return list(self.sessions)

    async def session_exists(self, session_id):
        return session_id in self.sessions


def counting_lm():
    """Answers with the questions of the history it was sent."""
    return scripted_lm(
        lambda call: {
            "answer": " + ".join(
                turn["content"].split("\n")[1] for turn in call.turns if turn["role"] == "user"
            )
            or "nothing before"
        }
    )


def chat_with(memory: Any = None) -> SessionById:
    return sessionify(dspy.Predict("question -> answer"), memory=memory or ListMemory())


def test_a_conversation_goes_on_and_another_begins_anew():
    chat = chat_with()
    with dspy.context(lm=counting_lm()):
        assert chat(question="one", session_id="alice").answer == "nothing before"
        assert chat(question="two", session_id="alice").answer == "one"
        assert chat(question="three", session_id="bob").answer == "nothing before"
        assert chat(question="four", session_id="alice").answer == "one + two"
    assert len(chat.memory.sessions["alice"]) == 6
    assert chat.memory.sessions["bob"][0] == {"role": "user", "content": "three"}


async def test_the_same_awaited_and_mixed_with_calls():
    chat = chat_with()
    with dspy.context(lm=counting_lm()):
        await chat.acall(question="one", session_id="alice")
        chat(question="two", session_id="alice")  # inside a running event loop
        answer = await chat.acall(question="three", session_id="alice")
    assert answer.answer == "one + two"


def test_true_means_the_default_file_and_lasts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = dspy.Predict("question -> answer")
    with dspy.context(lm=counting_lm()):
        sessionify(program, memory=True)(question="one", session_id="a")
        assert sessionify(program, memory=True)(question="two", session_id="a").answer == "one"
    assert (tmp_path / "agent_sessions.db").exists()


def test_without_memory_nothing_changes():
    chat = sessionify(dspy.Predict("question -> answer"), memory=None)
    assert not isinstance(chat, SessionById)
    with dspy.context(lm=counting_lm()):
        chat(question="one")
        assert chat(question="two").answer == "one"


def test_a_call_without_an_id_is_refused_before_the_model_is_asked():
    chat, lm = chat_with(), counting_lm()
    with (
        dspy.context(lm=lm),
        pytest.raises(ArgumentError, match=r"pass session_id='…'"),
    ):
        chat(question="one")
    assert lm.calls == []


@pytest.mark.parametrize("memory", ["agent.db", 3, SQLiteSessionMemory])
def test_a_memory_that_is_none_is_refused(memory):
    with pytest.raises(ArgumentTypeError, match="memory is None, True or a SessionMemory"):
        sessionify(dspy.Predict("question -> answer"), memory=memory)


def test_a_program_with_a_field_of_that_name_is_refused():
    with pytest.raises(ArgumentError, match="an input 'session_id' of its own"):
        sessionify(dspy.Predict("session_id, question -> answer"), memory=ListMemory())


def test_typed_and_several_fields_come_back():
    class Book(dspy.Signature):
        """Book a table."""

        day: datetime.date = dspy.InputField()
        guests: int = dspy.InputField()
        table: int = dspy.OutputField()
        words: str = dspy.OutputField()

    chat = sessionify(dspy.Predict(Book), memory=ListMemory())
    lm = scripted_lm({"table": 4, "words": "At the window."}, {"table": 5, "words": "Done."})
    day = datetime.date(2026, 11, 21)
    with dspy.context(lm=lm):
        chat(day=day, guests=2, session_id="a")
        chat(day=day, guests=3, session_id="a")
    sent = [turn["content"] for turn in lm.calls[1].turns]
    assert "2026-11-21" in sent[0]
    assert "[[ ## table ## ]]\n4" in sent[1]


def test_text_that_looks_like_json_stays_text():
    chat = chat_with()
    lm = counting_lm()
    with dspy.context(lm=lm):
        chat(question='{"question": "not a field"}', session_id="a")
        chat(question="two", session_id="a")
    assert '{"question": "not a field"}' in lm.calls[1].turns[0]["content"]


def test_items_that_agents_left_are_read():
    memory = ListMemory()
    memory.sessions["a"] = [
        {"role": "user", "content": [{"type": "input_text", "text": "add them"}]},
        {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "3"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It is 3.", "annotations": []}],
        },
        {"role": "user", "content": "unanswered"},
    ]
    before = list(memory.sessions["a"])
    lm = counting_lm()
    with dspy.context(lm=lm):
        chat_with(memory)(question="and now?", session_id="a")
    sent = [turn["content"] for turn in lm.calls[0].turns]
    assert len(sent) == 2
    assert "add them" in sent[0]
    assert "It is 3." in sent[1]
    assert memory.sessions["a"][:5] == before


def test_a_failed_call_leaves_the_memory_as_it_was():
    chat = chat_with()
    lm = scripted_lm({"answer": "1"}, ValueError("no"))
    with dspy.context(lm=lm):
        chat(question="one", session_id="a")
        with pytest.raises(Exception, match="no"):
            chat(question="two", session_id="a")
    assert len(chat.memory.sessions["a"]) == 2


def test_an_answer_that_cannot_be_kept_is_in_the_error():
    chat = chat_with()
    chat.memory.broken = True
    with dspy.context(lm=counting_lm()), pytest.raises(UnsavedAnswerError) as caught:
        chat(question="one", session_id="a")
    assert caught.value.answer.answer == "nothing before"
    assert caught.value.session_id == "a"
    assert "disk full" in str(caught.value)


async def test_calls_on_one_id_queue_and_others_go_on():
    chat = chat_with()
    held = Held({"answer": "late"})
    lm = scripted_lm(
        lambda call: held if "slow" in call.last else {"answer": str(len(call.turns) // 2)}
    )
    with dspy.context(lm=lm):
        slow = asyncio.create_task(chat.acall(question="slow", session_id="a"))
        assert await asyncio.to_thread(held.reached.wait, 10)
        behind = asyncio.create_task(chat.acall(question="behind", session_id="a"))
        other = await chat.acall(question="other", session_id="b")
        assert other.answer == "0"
        assert not behind.done()
        held.release()
        await slow
        assert (await behind).answer == "1"


def test_threads_on_many_ids_mix_nothing(tmp_path):
    chat = chat_with(SQLiteSessionMemory(tmp_path / "many.db"))
    answers: dict[int, list[str]] = {}

    def talk(number: int) -> None:
        with dspy.context(lm=counting_lm()):
            answers[number] = [
                chat(question=f"q{number}.{step}", session_id=f"user-{number}").answer
                for step in range(3)
            ]

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        q = f"q{number}."
        assert answers[number] == ["nothing before", f"{q}0", f"{q}0 + {q}1"]


def test_optimizers_need_no_id_and_write_nothing():
    chat = chat_with()
    trainset = [
        dspy.Example(question=str(i), answer="nothing before").with_inputs("question")
        for i in range(3)
    ]
    optimizer = dspy.BootstrapFewShot(metric=lambda e, p, trace=None: e.answer == p.answer)
    with dspy.context(lm=counting_lm()):
        better = optimizer.compile(chat, trainset=trainset)
    assert len(better.module.demos) == 3
    assert chat.memory.sessions == {}
    with dspy.context(lm=scripted_lm({"answer": "with demos"})):
        assert better(question="one", session_id="a").answer == "with demos"
    assert list(chat.memory.sessions) == ["a"]
