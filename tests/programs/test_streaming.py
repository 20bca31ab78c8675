"""Streams of a session equal those of the plain program, and the turn is recorded."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from dspy.streaming import StatusMessage, StatusMessageProvider, StreamListener, StreamResponse
from support.scripted import ENGINES, Held, scripted_lm

from dspy_session import sessionify

pytestmark = pytest.mark.skipif(
    not ENGINES, reason="before 3.4, DSPy streamed only what LiteLLM asked for"
)

ANSWER = "the tide comes in twice a day, and out as often"
ADAPTERS = [dspy.ChatAdapter, dspy.JSONAdapter, dspy.XMLAdapter]


def fields(call):
    if "[[ ## plan ## ]]`" in call.last:
        return {"plan": "look at the moon"}
    return {"answer": f"{ANSWER}, {len(call.turns) // 2}"}


class Planned(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)


class AwaitedPlanned(Planned):
    async def aforward(self, question):
        plan = (await self.planner.acall(question=question)).plan
        return await self.writer.acall(question=question, plan=plan)


def flat():
    return dspy.Predict("question -> answer")


def listeners(*names):
    return [StreamListener(signature_field_name=name, allow_reuse=True) for name in names]


async def streamed(program, **options):
    """What a stream gives: the pieces by field, and the prediction."""
    pieces, last = [], None
    async for item in dspy.streamify(program, **options)(question="When?"):
        if isinstance(item, StreamResponse):
            pieces.append((item.predict_name, item.signature_field_name, item.chunk))
        last = item
    return pieces, last


def said(pieces, name):
    return "".join(chunk for _, field, chunk in pieces if field == name)


def talked(program, **settings):
    session = sessionify(program, **settings)
    session(question="Hello?")
    return session


@pytest.fixture
def lm():
    model = scripted_lm(fields)
    dspy.configure(lm=model)
    return model


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("awaited", [False, True], ids=["in a thread", "awaited"])
async def test_a_listener_hears_the_answer_piece_by_piece(adapter, awaited, lm):
    options = {"is_async_program": awaited}
    with dspy.context(adapter=adapter()):
        plain, _ = await streamed(flat(), stream_listeners=listeners("answer"), **options)
        session = talked(flat())
        pieces, last = await streamed(session, stream_listeners=listeners("answer"), **options)
    assert len(pieces) == len(plain) > 3
    assert said(pieces, "answer") == said(plain, "answer").replace(", 0", ", 1")
    assert last.answer == f"{ANSWER}, 1"
    assert [turn.outputs for turn in session.turns][1] == {"answer": f"{ANSWER}, 1"}
    assert session.turns[1].prompt == lm.prompts[-1]
    assert len(session.turns[1].requests) == 1


def test_a_synchronous_stream_gives_the_same(lm):
    session = talked(flat())
    stream = dspy.streamify(session, stream_listeners=listeners("answer"), async_streaming=False)
    items = list(stream(question="When?"))
    said = "".join(item.chunk for item in items if isinstance(item, StreamResponse))
    assert said == items[-1].answer == f"{ANSWER}, 1"
    assert len(session.turns) == 2


@pytest.mark.parametrize("program", [Planned, AwaitedPlanned])
async def test_listeners_find_the_predictors_of_a_program(program, lm):
    session = talked(program())
    pieces, _ = await streamed(
        session,
        stream_listeners=listeners("plan", "answer"),
        is_async_program=program is AwaitedPlanned,
    )
    assert said(pieces, "plan") == "look at the moon"
    assert said(pieces, "answer") == f"{ANSWER}, 1"
    assert {name for name, _, _ in pieces} == {"module.planner", "module.writer"}
    assert [call.node for call in session.turns[1].calls] == ["planner", "writer"]


async def test_a_listener_may_be_given_the_predictor_of_the_session(lm):
    session = talked(Planned())
    listener = StreamListener(
        signature_field_name="answer", predict=session.module.writer, predict_name="writer"
    )
    pieces, _ = await streamed(session, stream_listeners=[listener])
    assert said(pieces, "answer") == f"{ANSWER}, 1"


async def test_a_stream_goes_to_the_state_that_is_bound(lm):
    session = sessionify(flat())
    alice = session.new_state()
    with session.use_state(alice):
        await streamed(session, stream_listeners=listeners("answer"))
        await streamed(session, stream_listeners=listeners("answer"))
    assert (len(alice), len(session)) == (2, 0)


async def test_status_messages_come_through(lm):
    class Saying(StatusMessageProvider):
        def module_start_status_message(self, instance, inputs):
            return f"{type(instance).__name__} begins"

    session = talked(flat())
    stream = dspy.streamify(session, status_message_provider=Saying())(question="When?")
    messages = [item.message async for item in stream if isinstance(item, StatusMessage)]
    assert "Predict begins" in messages


async def test_a_failing_stream_raises_and_records_nothing():
    with dspy.context(lm=scripted_lm(ZeroDivisionError("down"))):
        session = sessionify(flat())
        with pytest.raises(Exception, match="down"):
            await streamed(session, stream_listeners=listeners("answer"))
    assert len(session) == 0
    assert session._conversation.running == []


async def test_a_reader_that_leaves_early_leaves_no_torn_turn():
    # Awaited, the call is cancelled with its reader; the lock is free for the next.
    held = Held({"answer": "late"})
    with dspy.context(lm=scripted_lm({"answer": "first"}, held, {"answer": "next"})):
        session = sessionify(flat())
        await session.acall(question="a")
        stream = dspy.streamify(
            session, stream_listeners=listeners("answer"), is_async_program=True
        )

        async def read():
            async for _ in stream(question="b"):
                pass

        task = asyncio.create_task(read())
        assert await asyncio.to_thread(held.reached.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [turn.inputs["question"] for turn in session.turns] == ["a"]
        assert (await session.acall(question="c")).answer == "next"
    assert [turn.inputs["question"] for turn in session.turns] == ["a", "c"]
