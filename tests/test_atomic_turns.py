"""A turn is recorded whole or not at all, and an answer that was paid for is not lost."""

from __future__ import annotations

import asyncio
import logging
import threading

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import Session, errors, sessionify


def after(call):
    return {"answer": f"after {len(call.turns) // 2}"}


def flat(*answers, **settings):
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(scripted_lm(*(answers or (after,))))
    return session


def asked(session):
    return [turn.inputs["question"] for turn in session.turns]


# --- on_turn -------------------------------------------------------------------------------------


async def _called(session, way, question):
    return session(question=question) if way == "called" else await session.acall(question=question)


@pytest.mark.parametrize("way", ["called", "awaited"])
async def test_an_on_turn_that_fails_is_logged_and_the_answer_returned(way, caplog):
    def broken(session, turn):
        raise ValueError("disk full")

    session = flat(on_turn=broken)
    with caplog.at_level(logging.WARNING, logger="dspy_session"):
        assert (await _called(session, way, "a")).answer == "after 0"
        assert (await _called(session, way, "b")).answer == "after 1"
    assert asked(session) == ["a", "b"]
    assert "turn 1" in caplog.text
    assert "disk full" in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_on_turn_that_is_interrupted_leaves_the_whole_turn(error):
    def stopped(session, turn):
        raise error

    session = flat(on_turn=stopped)
    with pytest.raises(error):
        session(question="a")
    assert [turn.outputs for turn in session.turns] == [{"answer": "after 0"}]
    session._settings = sessionify(dspy.Predict("question -> answer"))._settings
    assert session(question="b").answer == "after 1"


async def test_a_call_that_is_cancelled_in_on_turn_has_its_turn():
    reached = asyncio.Event()

    async def slow(session, turn):
        reached.set()
        await asyncio.sleep(30)

    session = flat(on_turn=slow)
    task = asyncio.create_task(session.acall(question="a"))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [turn.outputs for turn in session.turns] == [{"answer": "after 0"}]


def test_on_turn_runs_when_the_next_call_may_begin():
    def follow(session, turn):
        if turn.index < 2:
            thread = threading.Thread(target=session, kwargs={"question": f"after {turn.index}"})
            thread.start()
            thread.join(20)
            assert not thread.is_alive()

    session = flat(on_turn=follow)
    session(question="a")
    assert asked(session) == ["a", "after 0", "after 1"]


# --- values and models that do not behave --------------------------------------------------------


class Connection:
    def __deepcopy__(self, memo):
        raise TypeError("cannot copy a connection")

    def __repr__(self):
        raise RuntimeError("closed")


def test_an_output_that_can_neither_be_copied_nor_shown_is_recorded_by_its_class(tmp_path):
    class Connects(dspy.Module):
        def forward(self, question):
            return dspy.Prediction(answer="paid for", connection=Connection())

    session = sessionify(Connects())
    assert isinstance(session(question="a").connection, Connection)
    (turn,) = session.turns
    assert turn.outputs["answer"] == "paid for"
    assert "Connection object" in turn.outputs["connection"]
    assert "'connection' could not be copied" in turn.flags[0]
    session.save(tmp_path / "chat.json")
    assert Session.load_from(tmp_path / "chat.json", Connects()).turns[0].flags == turn.flags


def test_a_value_that_no_file_can_hold_is_recorded_and_only_saving_complains(tmp_path):
    class Opens(dspy.Module):
        def forward(self, question):
            return {"answer": "paid for", "handle": threading.Event}

    session = sessionify(Opens())
    session(question="a")
    assert session.turns[0].outputs["handle"] is threading.Event
    with pytest.raises(errors.EncodeError, match="handle"):
        session.save(tmp_path / "chat.json")
    assert list(tmp_path.iterdir()) == []


class Scribbler(type(scripted_lm())):
    """A model of the user's own, which logs in a way of its own."""

    def update_history(self, entry):
        super().update_history({"messages": 7, "outputs": 3, "usage": object()})


@pytest.mark.parametrize("program", [dspy.Predict, dspy.ChainOfThought])
def test_a_model_whose_log_cannot_be_read_costs_no_turn(program, caplog):
    lm = scripted_lm(lambda call: {"reasoning": "r", **after(call)})
    lm.__class__ = Scribbler
    session = sessionify(program("question -> answer"))
    session.set_lm(lm)
    with caplog.at_level(logging.WARNING, logger="dspy_session"):
        session(question="a")
        assert session(question="b").answer == "after 1"
    assert [turn.requests for turn in session.turns] == [[], []]
    assert "cannot be read" in caplog.text


# --- calls within calls --------------------------------------------------------------------------


async def test_a_session_may_await_itself():
    class Twice(dspy.Module):
        async def aforward(self, question):
            return question if question == "inner" else await session.acall(question="inner")

    session = sessionify(Twice(), copy_mode="none")
    assert await asyncio.wait_for(session.acall(question="outer"), 20) == "inner"
    assert asked(session) == ["inner", "outer"]


def test_a_session_may_call_itself_from_a_pool():
    class Fans(dspy.Module):
        def forward(self, question):
            if question != "outer":
                return question
            pool = dspy.Parallel(num_threads=2, disable_progress_bar=True)
            return pool([(session, {"question": f"inner {n}"}) for n in range(2)])

    session = sessionify(Fans(), copy_mode="none")
    session(question="outer")
    assert sorted(asked(session)) == ["inner 0", "inner 1", "outer"]


def test_an_inner_call_that_fails_leaves_the_outer_one_to_decide():
    class Careful(dspy.Module):
        def forward(self, question):
            if question == "inner":
                raise ZeroDivisionError
            try:
                return session(question="inner")
            except ZeroDivisionError:
                return "caught"

    session = sessionify(Careful(), copy_mode="none")
    assert session(question="outer") == "caught"
    assert asked(session) == ["outer"]


async def test_a_task_that_outlives_its_call_waits_its_turn_and_reads_as_outside():
    held, begin = Held({"answer": "held"}), asyncio.Event()
    tasks = []

    class Leaves(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        async def aforward(self, question):
            if question == "first":
                tasks.append(asyncio.create_task(self.later()))
            return await self.ask.acall(question=question)

        async def later(self):
            await begin.wait()
            return await session.acall(question="from the task")

    session = sessionify(Leaves(), copy_mode="none")
    session.set_lm(scripted_lm({"answer": "1"}, held, {"answer": "3"}))
    await session.acall(question="first")
    second = asyncio.create_task(session.acall(question="second"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    begin.set()
    await asyncio.sleep(0.01)
    assert not tasks[0].done()  # the task has a turn of its own to wait for
    held.release()
    await asyncio.gather(second, *tasks)
    assert asked(session) == ["first", "second", "from the task"]
    assert len(session.turns[2].history_snapshot.messages) == 2


async def test_a_sync_call_in_a_thread_and_coroutines_on_two_loops_share_one_order():
    held = Held({"answer": "first"})
    session = flat(held, *({"answer": str(n)} for n in range(3)))
    first = asyncio.create_task(asyncio.to_thread(session, question="a"))
    assert await asyncio.to_thread(held.reached.wait, 10)
    here = asyncio.create_task(session.acall(question="b"))
    there = asyncio.to_thread(lambda: asyncio.run(session.acall(question="c")))
    thread = asyncio.to_thread(session, question="d")
    rest = asyncio.gather(here, there, thread)
    held.release()
    await asyncio.wait_for(asyncio.gather(first, rest), 20)
    assert asked(session)[0] == "a"
    assert sorted(asked(session)) == ["a", "b", "c", "d"]
    assert [len(turn.history_snapshot.messages) for turn in session.turns] == [0, 1, 2, 3]
