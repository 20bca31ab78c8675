"""What is caught of the requests to a language model."""

from __future__ import annotations

import asyncio

import dspy
import pytest
from support.loopback import LoopbackServer
from support.scripted import Held, scripted_lm

from dspy_session import sessionify
from dspy_session._calls.capture import shared_prompt
from dspy_session._tree.log import Log


class Twice(dspy.Module):
    def __init__(self):
        super().__init__()
        self.first = dspy.Predict("question -> plan")
        self.second = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        return self.second(question=question, plan=self.first(question=question).plan)


def both(call):
    return {"plan": "p", "answer": "a"}


def test_a_turn_knows_model_tokens_latency_and_prompt():
    session = sessionify(dspy.Predict("question -> answer"))
    lm = scripted_lm(both, usage=(7, 3))
    with dspy.context(lm=lm):
        session(question="?")
    turn = session.turns[0]
    assert (turn.model, turn.prompt_tokens, turn.completion_tokens) == ("scripted", 7, 3)
    assert turn.prompt == lm.prompts[0]
    assert turn.prompts == lm.prompts
    (request,) = turn.requests
    assert 0 <= request.latency_s <= turn.latency_s
    assert "a" in str(request.answers)
    assert turn.calls == []


def test_a_program_sums_up_its_nested_calls():
    session = sessionify(Twice())
    lm = scripted_lm(both, usage=(7, 3))
    with dspy.context(lm=lm):
        session(question="?")
    turn = session.turns[0]
    assert (turn.prompt_tokens, turn.completion_tokens) == (14, 6)
    assert [call.prompt_tokens for call in turn.calls] == [7, 7]
    assert [call.prompt for call in turn.calls] == lm.prompts
    assert turn.prompts == []
    assert turn.prompt == lm.prompts[1]
    assert all(0 <= call.latency_s <= turn.latency_s for call in turn.calls)


def test_a_model_behind_http_reports_its_usage():
    text = "[[ ## answer ## ]]\nfour words are here\n\n[[ ## completed ## ]]"
    with LoopbackServer(lambda messages: text) as server:
        session = sessionify(dspy.Predict("question -> answer"))
        lm = dspy.LM("openai/recorded", api_base=server.url, api_key="none", cache=False)
        with dspy.context(lm=lm):
            assert session(question="?").answer == "four words are here"
    turn = session.turns[0]
    assert turn.completion_tokens == len(text.split())
    assert turn.prompt_tokens > 0
    assert "recorded" in turn.model
    assert turn.cost is None or turn.cost >= 0


def test_a_turn_added_by_hand_has_no_usage():
    session = sessionify(dspy.Predict("question -> answer"))
    turn = session.add_turn(inputs={"question": "q"}, outputs={"answer": "a"})
    assert (turn.model, turn.prompt_tokens, turn.cost, turn.latency_s) == (None,) * 4
    assert (turn.prompt, turn.prompts, turn.requests) == ([], [], [])


def test_requests_that_a_program_makes_itself_belong_to_the_turn():
    class Raw(dspy.Module):
        def forward(self, question):
            return {"answer": dspy.settings.lm(question)[0]}

    session = sessionify(Raw())
    with dspy.context(lm=scripted_lm("plain text", usage=(2, 1))):
        session(question="say it")
    turn = session.turns[0]
    assert turn.prompt_tokens == 2
    assert "say it" in str(turn.prompt)


def test_the_retry_in_another_form_is_a_request_of_the_turn():
    session = sessionify(dspy.Predict("question -> answer"))
    with dspy.context(lm=scripted_lm("not in form", both, usage=(7, 3))):
        session(question="?")
    turn = session.turns[0]
    assert len(turn.requests) == 2
    assert turn.prompt_tokens == 14
    assert "JSON" in turn.prompt[-1]["content"]


def test_answers_from_the_cache_say_so():
    lm = scripted_lm(both)
    session = sessionify(dspy.Predict("question -> answer"))
    with dspy.context(lm=lm):
        session(question="?")
    assert [request.cached for request in session.turns[0].requests] == [False]


async def test_concurrent_calls_are_not_mixed_up():
    held = [Held({"answer": "x"}), Held({"answer": "y"})]
    one, other = (sessionify(dspy.Predict("question -> answer")) for _ in range(2))
    one.set_lm(scripted_lm(held[0], usage=(1, 1)))
    other.set_lm(scripted_lm(held[1], usage=(2, 2)))
    tasks = [asyncio.create_task(s.acall(question="?")) for s in (one, other)]
    for answer in held:
        assert await asyncio.to_thread(answer.reached.wait, 10)
    for answer in reversed(held):
        answer.release()
    await asyncio.gather(*tasks)
    assert [s.turns[0].prompt_tokens for s in (one, other)] == [1, 2]


def test_the_callers_settings_and_histories_are_as_they_were():
    session = sessionify(dspy.Predict("question -> answer"))
    lm = scripted_lm(both)
    before = (dspy.settings.caller_modules, dspy.settings.callbacks, dspy.settings.adapter)
    with dspy.context(lm=lm):
        session(question="?")
    after = (dspy.settings.caller_modules, dspy.settings.callbacks, dspy.settings.adapter)
    assert after == before
    assert len(lm.history) == 1
    assert len(session.history) == 1


# --- memory --------------------------------------------------------------------------------------


def test_prompts_of_a_growing_conversation_share_their_messages():
    session = sessionify(dspy.Predict("question -> answer"))
    with dspy.context(lm=scripted_lm(both)):
        for number in range(30):
            session(question=f"question {number}")
    stored = {
        id(message)
        for record in session._branch.log
        for request in record.requests
        for message in request.prompt
    }
    # Each turn adds its question, the answer before it, and the question as history shows it.
    assert len(stored) <= 4 * 30


@pytest.mark.parametrize(
    ("old", "new", "shared"),
    [("", "ab", 0), ("ab", "abc", 2), ("abx", "abc", 2), ("xab", "ab", 0)],
)
def test_a_prompt_shares_what_it_begins_with(old, new, shared):
    def said(text):
        return [{"role": "user", "content": letter} for letter in text]

    like = Log(said(old))
    prompt = shared_prompt(said(new), like)
    assert list(prompt) == said(new)
    assert prompt.shared_with(like) == shared
    kept = {id(message) for message in like}
    assert sum(id(message) in kept for message in prompt) == len(set(old) & set(new))
    assert list(like) == said(old)
