"""Tokens of a streamed answer show in the row that is being written, and change nothing."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session
from dspy_session._calls.streams import Overheard, text_of
from dspy_session.demo import demo_lm


async def streamed(session: Session, question: str, seen: list[str]) -> dspy.Prediction:
    """Stream an answer; ``seen`` takes what the running row shows at each chunk."""
    listeners = [dspy.streaming.StreamListener(signature_field_name="answer")]
    program = dspy.streamify(session, stream_listeners=listeners)
    inspector = session.inspect()
    last = None
    async for chunk in program(question=question):
        if isinstance(chunk, dspy.Prediction):
            last = chunk
        else:
            seen += [running["written"] for running in inspector.summary()["running"]]
    assert last is not None
    return last


async def test_the_row_shows_what_the_model_has_written_so_far():
    answer = "one two three four five six seven eight nine ten"
    with dspy.context(lm=demo_like(answer)):
        session = Session(dspy.Predict("question -> answer"))
        seen: list[str] = []
        result = await streamed(session, "count", seen)
    assert result.answer == answer
    assert session.turns[0].outputs["answer"] == answer
    assert any("one" in text for text in seen)
    assert all("[[ ##" not in text for text in seen)
    assert session.inspect().summary()["running"] == []


async def test_a_streamed_answer_is_the_same_with_and_without_the_inspector():
    async def collected(program: dspy.Module) -> list[str]:
        listeners = [dspy.streaming.StreamListener(signature_field_name="answer")]
        chunks = dspy.streamify(program, stream_listeners=listeners)(question="count")
        return [one.chunk async for one in chunks if not isinstance(one, dspy.Prediction)]

    with dspy.context(lm=demo_like("one two three four five six seven")):
        plain = await collected(dspy.Predict("question -> answer"))
        session = Session(dspy.Predict("question -> answer"))
        session.inspect()
        assert "".join(await collected(session)) == "".join(plain)


async def test_a_call_that_does_not_stream_is_not_made_to():
    with dspy.context(lm=scripted_lm({"answer": "a"}, {"answer": "b"})):
        session = Session(dspy.Predict("question -> answer"))
        session.inspect()
        session(question="sync")
        await session.acall(question="async")
    assert [turn.outputs["answer"] for turn in session.turns] == ["a", "b"]


async def test_what_is_overheard_passes_on_unchanged():
    passed, heard = [], []

    class Stream:
        capacity = 16

        async def send(self, chunk: object) -> None:
            passed.append(chunk)

    overheard = Overheard(Stream(), heard.append)
    chunks = [object(), "status", None]
    for chunk in chunks:
        await overheard.send(chunk)
    assert passed == chunks
    assert heard == []
    assert overheard.capacity == 16


@pytest.mark.parametrize("chunk", [None, 3, "text", {"choices": []}])
def test_a_chunk_without_text_is_no_text(chunk):
    assert text_of(chunk) == ""


def demo_like(answer: str) -> dspy.LM:
    """A model that gives one answer, word by word."""
    from dspy_session.demo._engine import AsyncDemoEngine, DemoEngine

    class Words(DemoEngine):
        def complete(self, request):
            return scripted_lm({"answer": answer}).engine.complete(request)

    engine = Words()
    lm = demo_lm()
    return dspy.LM(lm.model, engine=engine, async_engine=AsyncDemoEngine(engine), cache=False)
