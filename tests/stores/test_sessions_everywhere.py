"""One long talk with a real program on every kind of store."""

from __future__ import annotations

import dspy
import pytest
from support.scripted import scripted_lm
from support.stored import anew, whole

from dspy_session import errors, sessionify


class Research(dspy.Module):
    """Two predictors, one of which sees its own past only."""

    def __init__(self):
        super().__init__()
        self.plan = dspy.Predict("question -> plan")
        self.reply = dspy.ChainOfThought("question, plan -> answer")

    def forward(self, question):
        plan = self.plan(question=question).plan
        return dspy.Prediction(plan=plan, **self.reply(question=question, plan=plan))

    async def aforward(self, question):
        plan = (await self.plan.acall(question=question)).plan
        return dspy.Prediction(plan=plan, **(await self.reply.acall(question=question, plan=plan)))


def said(call):
    word = call.last.count("a")
    return {"plan": f"look it up {word}", "reasoning": f"so {word}", "answer": f"answer {word}"}


async def test_a_long_talk_is_the_same_elsewhere(store):
    chat = sessionify(Research(), store=store, max_turns=4)
    with dspy.context(lm=scripted_lm(said)):
        here = chat.open("s", user_id="u", metadata={"channel": "web"})
        for n in range(4):
            here(question="a" * n)
            await here.acall(question="aloud " * n)
        other = here.fork(at=3, name="what-if")
        await other.acall(question="otherwise?")
        here.edit_turn(2, outputs={"answer": "corrected"}, label="fixed")
        here.score(lambda example, prediction: len(prediction.answer) / 10, name="length")
        here.undo(2)
        await here.arerun(1, name="again")
        there = anew(chat, "s")
        assert whole(there) == whole(here)
        for ours, theirs in zip(here.turns, there.turns, strict=True):
            assert ours.history_snapshot.messages == theirs.history_snapshot.messages
            assert ours.stale == theirs.stale
        there.redo(2)
        there(question="and on")
        with pytest.raises(errors.SessionConflictError):
            await here.acall(question="too late")
        (saved,) = await here.arefresh()
        assert saved.turns[-1].inputs == {"question": "too late"}
        assert whole(anew(chat, "s")) == whole(here)
    assert store.check() == []
    assert [one.session_id for one in store.list_sessions(text="otherwise").sessions] == ["s"]
