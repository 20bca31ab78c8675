"""Asking again: synchronous, awaited, cancelled."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import errors, sessionify


class OnlyAwaited(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    async def aforward(self, question):
        return await self.ask.acall(question=question)


class OnlyCalled(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    def forward(self, question):
        return self.ask(question=question)


def counted():
    numbers = iter(range(100))
    return scripted_lm(lambda call: {"answer": f"{next(numbers)} after {len(call.turns) // 2}"})


def test_a_program_that_is_only_awaited_is_run_again_from_synchronous_code():
    dspy.configure(lm=counted())
    session = sessionify(OnlyAwaited())
    asyncio.run(session.acall(question="a"))
    asyncio.run(session.acall(question="b"))
    assert session.rerun(1).turns[1].outputs == {"answer": "2 after 1"}


async def test_where_a_loop_runs_it_says_to_await():
    session = sessionify(OnlyAwaited())
    with dspy.context(lm=counted()):
        await session.acall(question="a")
        with pytest.raises(errors.ConflictError, match=r"await arerun\(…\)"):
            session.rerun(0)
        again = await session.arerun(0, name="again")
    assert again.turns[0].outputs == {"answer": "1 after 0"}
    assert list(session.branches) == ["main", "again"]
    assert len(session) == 1


@pytest.mark.parametrize("program", [OnlyAwaited, OnlyCalled])
async def test_awaited_it_takes_other_inputs_and_hands_the_same_history(program):
    session = sessionify(program(), history_policy="use_if_provided")
    lm = counted()
    with dspy.context(lm=lm):
        past = dspy.History(messages=[{"question": "q", "answer": "given"}])
        await session.acall(question="a", history=past)
        again = await session.arerun(0, inputs={"question": "other"})
    assert again.turns[0].inputs == {"question": "other"}
    assert again.turns[0].source == "rerun"
    assert again.turns[0].history_snapshot == past
    assert "given" in str(lm.calls[1].turns)


def test_on_turn_hears_of_a_rerun():
    heard = []
    dspy.configure(lm=counted())
    session = sessionify(OnlyCalled(), on_turn=lambda one, turn: heard.append((one.name, turn)))
    session(question="a")
    again = session.rerun(0)
    assert [name for name, _ in heard] == ["main", "rerun-1"]
    assert heard[1][1] == again.turns[0]


async def test_an_async_on_turn_hears_of_an_awaited_rerun():
    heard = []

    async def on_turn(session, turn):
        await asyncio.sleep(0)
        heard.append(session.name)

    session = sessionify(OnlyAwaited(), on_turn=on_turn)
    with dspy.context(lm=counted()):
        await session.acall(question="a")
        await session.arerun(0)
    assert heard == ["main", "rerun-1"]


@pytest.mark.parametrize("way", ["acall", "arerun"])
@pytest.mark.parametrize("program", [OnlyAwaited, OnlyCalled])
async def test_a_cancelled_call_leaves_no_trace_also_when_its_thread_ends_later(program, way):
    held = Held({"answer": "too late"})
    session = sessionify(program())
    with dspy.context(lm=scripted_lm({"answer": "first"}, held, {"answer": "next"})):
        await session.acall(question="a")
        before = session.state._conversation[session.state._key], list(session.branches)
        waiting = session.acall(question="b") if way == "acall" else session.arerun(0)
        task = asyncio.create_task(waiting)
        await asyncio.to_thread(held.reached.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (session.state._conversation[session.state._key], list(session.branches)) == before
        held.release()
        assert (await session.acall(question="c")).answer == "next"
    assert [turn.inputs["question"] for turn in session.turns] == ["a", "c"]
    assert list(session.branches) == ["main"]


async def test_an_asyncified_session_that_is_abandoned_still_keeps_the_whole_turn():
    # DSPy leaves the thread running, and nothing tells it; its answer is paid for.
    held, ended = Held({"answer": "late"}), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_turn(session, turn):
        loop.call_soon_threadsafe(ended.set)

    session = sessionify(OnlyCalled(), on_turn=on_turn)
    with dspy.context(lm=scripted_lm(held)):
        task = asyncio.create_task(dspy.asyncify(session)(question="a"))
        await asyncio.to_thread(held.reached.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(session) == 0
        held.release()
        await asyncio.wait_for(ended.wait(), 30)
    assert [turn.outputs for turn in session.turns] == [{"answer": "late"}]
    assert [call.outputs for call in session.turns[0].calls] == [{"answer": "late"}]
