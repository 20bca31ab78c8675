"""While somebody looks on, models answer word by word, and nothing else is other than it was."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading

import dspy
import pytest
from support.scripted import ENGINES, scripted_lm
from support.watched import ANSWER, ask, both, flat, watched

from dspy_session import sessionify

if ENGINES:
    from support.streaming import WordByWord, word_by_word_lm

needs_engines = pytest.mark.skipif(not ENGINES, reason="before 3.4, DSPy had no engines")


class Planned(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)

    async def aforward(self, question):
        plan = (await self.planner.acall(question=question)).plan
        return await self.writer.acall(question=question, plan=plan)


class Side(dspy.Module):
    """Asks two predictors at once."""

    def __init__(self):
        super().__init__()
        self.left = dspy.Predict("question -> plan")
        self.right = dspy.Predict("question -> answer")

    def forward(self, question):
        asked = [(self.left, {"question": question}), (self.right, {"question": question})]
        plan, answer = dspy.Parallel(num_threads=2, disable_progress_bar=True)(asked)
        return dspy.Prediction(answer=f"{answer.answer} {plan.plan}")


def fields(call):
    return {"plan": "look at the moon"} if "`[[ ## plan" in call.last else {"answer": ANSWER}


@needs_engines
@both
@pytest.mark.parametrize("adapter", [dspy.ChatAdapter, dspy.JSONAdapter, dspy.XMLAdapter])
def test_the_row_grows_word_by_word_and_the_turn_is_the_same(awaited, adapter):
    with dspy.context(lm=word_by_word_lm(fields), adapter=adapter()):
        plain = sessionify(flat())
        ask(plain, awaited=awaited)
        unwatched = dspy.settings.lm.prompts[-1]
        session, seen = watched(flat())
        answer = ask(session, awaited=awaited)
    assert answer.answer == ANSWER
    texts = [written for _, written in seen]
    assert len(texts) > 3
    assert texts == sorted(texts, key=len)
    assert any("the tide" in text and "often" not in text for text in texts)
    assert all("[[" not in text for text in texts)
    turn, before = session.turns[0], plain.turns[0]
    assert turn.prompt == before.prompt == unwatched
    assert turn.outputs == before.outputs
    assert [one.answers for one in turn.requests] == [one.answers for one in before.requests]
    assert (turn.prompt_tokens, turn.completion_tokens) == (10, 5)
    assert not turn.requests[0].cached
    assert session._conversation.running == []


@needs_engines
@both
def test_nested_predictors_are_named_and_follow_each_other(awaited):
    with dspy.context(lm=word_by_word_lm(fields)):
        session, seen = watched(Planned())
        ask(session, awaited=awaited)
    assert list(dict.fromkeys(node for node, _ in seen)) == ["planner", "writer"]
    assert all("moon" not in text for node, text in seen if node == "writer")
    assert [call.node for call in session.turns[0].calls] == ["planner", "writer"]


@needs_engines
def test_answers_that_are_written_at_once_are_not_mixed():
    with dspy.context(lm=word_by_word_lm(fields)):
        session, seen = watched(Side())
        calls = []
        session._conversation.listen(lambda: calls.extend(session._conversation.running))
        session(question="When?")
    whole = {"left": "plan: look at the moon", "right": f"answer: {ANSWER}"}
    assert seen
    assert all(whole[node].startswith(text) for node, text in seen)
    written = {one.node: "".join(one.pieces) for one in calls[0].writings}
    assert {call.node: call.requests[0].answers[0] for call in session.turns[0].calls} == written


@needs_engines
@both
def test_nobody_looks_on_and_no_stream_is_asked_for(awaited):
    lm = word_by_word_lm(fields)
    with dspy.context(lm=lm):
        session = sessionify(Planned())
        session.inspect()
        ask(session, awaited=awaited)
        here = threading.current_thread()
        assert lm.engine.streams == 0
        assert awaited or set(lm.engine.threads) == {here}


@needs_engines
@both
def test_several_completions_are_asked_for_as_before(awaited):
    with dspy.context(lm=(lm := word_by_word_lm(fields))):
        session, seen = watched(dspy.Predict("question -> answer", n=2))
        answer = ask(session, awaited=awaited)
    assert len(answer.completions) == 2
    assert (lm.engine.streams, seen) == (0, [])


@needs_engines
@both
def test_an_engine_without_streams_is_asked_plainly_and_once(awaited):
    lm = scripted_lm(fields)

    class Whole:
        def complete(self, request):
            return lm.engine.complete(request)

    class AwaitedWhole:
        async def complete(self, request):
            return lm.engine.complete(request)

    whole = dspy.LM("whole/model", engine=Whole(), async_engine=AwaitedWhole(), cache=False)
    with dspy.context(lm=whole):
        session, seen = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
    assert (len(lm.calls), seen, len(session.turns[0].requests)) == (1, [], 1)


@needs_engines
@both
@pytest.mark.parametrize("words", [0, 8])
def test_a_stream_that_fails_is_asked_again_plainly_and_then_no_more(awaited, words):
    lm = word_by_word_lm(fields, breaks_after=words)
    with dspy.context(lm=lm):
        session, seen = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
        assert bool(seen) is (words > 0)
        assert ask(session, awaited=awaited).answer == ANSWER
    assert (lm.engine.streams, lm.engine.wholes) == (1, 2)
    assert [len(turn.requests) for turn in session.turns] == [1, 1]
    assert session.turns[0].latency_s > 0


@needs_engines
@both
def test_a_failure_that_is_no_stream_s_is_raised(awaited):
    with dspy.context(lm=word_by_word_lm(ZeroDivisionError("down"), ZeroDivisionError("down"))):
        session, _ = watched(flat())
        with pytest.raises(Exception, match="down"):
            ask(session, awaited=awaited)
    assert (len(session), session._conversation.running) == (0, [])


@needs_engines
@both
def test_what_cannot_be_read_is_asked_again_in_json_as_ever(awaited):
    lm = word_by_word_lm("no fields here", {"answer": ANSWER})
    with dspy.context(lm=lm):
        session, seen = watched(flat())
        assert ask(session, awaited=awaited).answer == ANSWER
    assert len(lm.calls) == len(session.turns[0].requests) == 2
    assert ("", "no fields here") in seen


@needs_engines
@both
def test_the_cache_answers_and_is_filled(awaited, tmp_path):
    lm = word_by_word_lm(fields, cache=True)
    with dspy.context(lm=lm), own_cache(tmp_path):
        session, seen = watched(flat())
        ask(session, "Filled while watched?", awaited=awaited)
        assert seen
        assert lm.engine.streams == 1
        plain = sessionify(flat())
        assert ask(plain, "Filled while watched?", awaited=awaited).answer == ANSWER
        assert plain.turns[0].requests[0].cached
        ask(plain, "Filled plainly?", awaited=awaited)
        seen.clear()
        session.reset()
        assert ask(session, "Filled while watched?", awaited=awaited).answer == ANSWER
    assert (len(lm.calls), seen) == (2, [])
    assert session.turns[0].requests[0].cached


@contextlib.contextmanager
def own_cache(folder):
    old = dspy.cache
    dspy.configure_cache(disk_cache_dir=str(folder), enable_disk_cache=False)
    try:
        yield
    finally:
        dspy.cache = old


@needs_engines
@both
def test_who_fails_to_show_words_loses_none(awaited, caplog):
    def fail():
        if any(not one.ended for row in session._conversation.running for one in row.writings):
            raise RuntimeError("the page is gone")

    with dspy.context(lm=word_by_word_lm(fields)):
        session, _ = watched(flat())
        session._conversation.listen(fail)
        assert ask(session, awaited=awaited).answer == ANSWER
    assert "could not be shown" in caplog.text


@needs_engines
async def test_under_streamify_the_user_decides_what_is_streamed():
    lm = word_by_word_lm(fields)
    listeners = [dspy.streaming.StreamListener(signature_field_name="answer")]
    with dspy.context(lm=lm):
        session, seen = watched(Planned())
        stream = dspy.streamify(session, stream_listeners=listeners, is_async_program=True)
        chunks = [one.chunk async for one in stream(question="When?") if hasattr(one, "chunk")]
    assert "".join(chunks) == ANSWER
    assert lm.engine.streams == 1  # the planner's answer is not listened to
    assert {node for node, _ in seen} == {"writer"}


@needs_engines
@both
def test_re_runs_and_replays_show_their_words(awaited):
    with dspy.context(lm=word_by_word_lm(fields)):
        session, seen = watched(flat())
        ask(session, awaited=awaited)
        seen.clear()
        asyncio.run(session.arerun(0)) if awaited else session.rerun(0)
        assert ("", f"answer: {ANSWER}") in seen
        seen.clear()
        asyncio.run(session.areplay()) if awaited else session.replay()
        assert ("", f"answer: {ANSWER}") in seen
    assert len(session.branches) == 3


@needs_engines
def test_a_turn_that_is_asked_again_stands_on_its_branch_and_holds_nobody_up():
    with dspy.context(lm=word_by_word_lm(fields)):
        session, _ = watched(flat())
        session(question="a")
        session(question="b")
        rows = []

        def look():
            rows.extend((row.branch, row.index) for row in session._conversation.running)
            if rows and len(session) == 2:
                session.undo()

        session._conversation.listen(look)
        session.rerun(0)
    assert set(rows) == {(session._key, 0)}
    assert (len(session), len(session.branches)) == (1, 2)


@needs_engines
@both
def test_an_interrupt_while_words_come_leaves_the_state_as_it_was(awaited, request):
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, old))
    held = WordByWord((fields,), pauses_after=3)
    with dspy.context(lm=word_by_word_lm(fields)):
        session, _ = watched(flat())
        ask(session, "a", awaited=awaited)
    before = session._branch

    def press():
        held.paused.wait(10)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    presser = threading.Thread(target=press, daemon=True)
    with dspy.context(lm=word_by_word_lm(engine=held)):
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            ask(session, "b", awaited=awaited)
        assert session._branch is before
        assert session._conversation.running == []
        held.go_on.set()
        assert held.left.wait(10)  # nobody listens any more: the rest is not paid for
    assert held.sent < 10
    with dspy.context(lm=word_by_word_lm(fields)):
        assert ask(session, "c", awaited=awaited).answer == ANSWER
    assert len(session) == 2
