"""Tokens of a streamed answer show in the row that is being written, and change nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest
from support.pages import custom
from support.scripted import Held, scripted_lm
from support.streaming import word_by_word_lm

from dspy_session import Session, carry_frame
from dspy_session._calls.streams import Overheard, text_of
from dspy_session.demo import demo_lm

LONG = " ".join(str(number) for number in range(100))


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


@pytest.fixture
def lm():
    """A model that can be told to pause after its tenth word."""
    model = word_by_word_lm({"answer": LONG}, {"answer": LONG}, {"answer": LONG}, {"answer": LONG})
    with dspy.context(lm=model):
        yield model


def test_models_answer_word_by_word_once_a_page_is_there(lm, open_page):
    session = Session(dspy.Predict("question -> answer"))
    page = open_page(session)  # shown, as also by nbconvert, where no page asks for more
    session(question="nobody looks")
    assert lm.engine.streams == 0
    page.ask("summary")
    lm.engine.pauses_after = 10
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(carry_frame(session), question="somebody looks")
        push = page.wire.wait_for(lambda one: any(row["written"] for row in running(one)))
        assert running(push)[0]["written"].startswith("answer: 0 1")
        lm.engine.go_on.set()
        assert asked.result(30).answer == LONG
    assert lm.engine.streams == 1
    page.widget.close()
    session(question="nobody looks any more")
    assert lm.engine.streams == 1


def test_inspect_says_whether_models_are_to_stream(lm, open_page):
    session = Session(dspy.Predict("question -> answer"))
    page = open_page(session, stream=False)
    page.ask("summary")
    session(question="a")
    session.inspect()  # another cell that shows it says nothing about it
    session(question="b")
    assert lm.engine.streams == 0
    session.inspect(stream=True)
    session(question="c")
    assert lm.engine.streams == 1


def test_a_copy_of_a_conversation_is_watched_by_nobody(lm, open_page):
    session = Session(dspy.Predict("question -> answer"))
    open_page(session).ask("summary")
    assert session._conversation.watched
    assert not session.deepcopy()._conversation.watched
    assert session.fork()._conversation.watched  # a branch of the same conversation


@pytest.mark.parametrize("kind", ["send", "rerun", "replay"])
def test_stop_breaks_an_answer_off(kind, lm, open_page):
    session = Session(dspy.Predict("question -> answer"))
    session(question="first")
    page = open_page(session)
    before, log = session._conversation.branches, session.inspect().as_python()
    engine = lm.engine
    engine.pauses_after = engine.sent + 10
    asked = {
        "send": {"inputs": {"question": "second"}},
        "rerun": {"turn_id": page.row(0)["turn_id"]},
        "replay": {},
    }
    job = page.ask(kind, branch=page.key, **asked[kind])["job"]["id"]
    assert engine.paused.wait(30)
    page.ask("stop", job=job)
    engine.go_on.set()
    news = page.wire.wait_for(lambda one: custom(one).get("push") == "finished")
    assert custom(news)["outcome"] == "stopped"
    assert "Stopped" in custom(news)["message"]
    assert engine.left.wait(30)
    assert engine.sent < 20
    assert len(session) == 1
    assert session._conversation.running == []
    if kind != "replay":  # whose branch stays, as when it is stopped between two turns
        assert session._conversation.branches == before
        assert session.inspect().as_python() == log
    assert session(question="third").answer == LONG


def test_a_call_that_was_stopped_asks_nothing_more(open_page):
    class Twice(dspy.Module):
        def __init__(self):
            super().__init__()
            self.draft = dspy.Predict("question -> draft")
            self.polish = dspy.Predict("draft -> answer")

        def forward(self, question):
            return self.polish(draft=self.draft(question=question).draft)

    held = Held({"draft": "d"})
    with dspy.context(lm=(lm := scripted_lm(held))):
        session = Session(Twice())
        page = open_page(session, stream=False)
        job = page.ask("send", branch=page.key, inputs={"question": "q"})["job"]["id"]
        assert held.reached.wait(30)
        page.ask("stop", job=job)
        held.release()
        news = page.wire.wait_for(lambda one: custom(one).get("push") == "finished")
    assert "broken off" in custom(news)["message"]
    assert (len(lm.calls), len(session)) == (1, 0)


def running(message: dict) -> list[dict]:
    return custom(message).get("running", []) if custom(message).get("push") else []


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
