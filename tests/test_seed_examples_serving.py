"""The numbered examples of the published README that swap programs or serve users: 9 to 13."""

# ruff: noqa: T201  # the examples print, and what they print was promised

from __future__ import annotations

import asyncio
import json
import logging

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import (
    Session,
    SessionState,
    get_child_l1_ledger,
    get_current_history,
    get_execution_trace,
    get_node_memory,
    get_outer_history,
    sessionify,
    with_memory,
)


class QA(dspy.Signature):
    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


class Support(dspy.Signature):
    """You are a customer support agent for a SaaS product."""

    question: str = dspy.InputField()
    reply: str = dspy.OutputField()


class Chat(dspy.Signature):
    """A friendly conversational assistant."""

    message: str = dspy.InputField()
    reply: str = dspy.OutputField()


def echo(call):
    said = f"answer {len(call.turns) // 2}"
    return {"answer": said, "reply": said}


def printed(capsys):
    return capsys.readouterr().out.splitlines()


def dummy_metric(example, pred, trace=None, pred_name=None, pred_trace=None):
    return len(pred.reply) > 10


# --- 9. Hot swap ---------------------------------------------------------------------------------


def better(call):
    proposed = "New instructions: answer in full sentences." in call.system
    return {"reply": "Let's track down that reset email." if proposed else "Short."}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_09_an_optimized_program_takes_over_the_conversation(capsys):
    lm = scripted_lm(better)
    dspy.configure(lm=lm)
    base_module = dspy.Predict(Support)
    session = sessionify(base_module)
    session(question="I can't log in to my account.")
    session(question="I've already tried resetting my password.")
    trainset = session.to_examples()

    proposal = {"new_instruction": "New instructions: answer in full sentences."}
    optimized_module = dspy.GEPA(
        metric=dummy_metric, max_metric_calls=10, reflection_lm=scripted_lm(lambda call: proposal)
    ).compile(dspy.Predict(Support), trainset=trainset)
    assert "full sentences" in optimized_module.signature.instructions

    session.update_module(optimized_module)
    capsys.readouterr()
    out = session(question="The reset email never arrived.")
    print(out.reply)
    print(f"Total turns (uninterrupted): {len(session.turns)}")
    assert printed(capsys) == [
        "Let's track down that reset email.",
        "Total turns (uninterrupted): 3",
    ]
    assert "full sentences" in lm.calls[-1].system
    assert "log in" in lm.calls[-1].turns[0]["content"]


# --- 10. Async -----------------------------------------------------------------------------------


def test_10_async_conversations(capsys):
    dspy.configure(lm=scripted_lm(echo))

    async def main():
        session = sessionify(dspy.Predict(Chat), lock="async")
        out1 = await session.acall(message="Hey! What's a good beginner programming language?")
        print(out1.reply)
        out2 = await session.acall(message="Why do you recommend that one?")
        print(out2.reply)
        print(f"Turns: {len(session.turns)}")

    asyncio.run(main())
    assert printed(capsys) == ["answer 0", "answer 1", "Turns: 2"]


@pytest.mark.parametrize("lock", ["none", "thread", "async"])
def test_10_every_lock_option_takes_sync_and_async_calls(lock):
    dspy.configure(lm=scripted_lm(echo))
    session = sessionify(dspy.Predict(Chat), lock=lock)
    session(message="sync")
    asyncio.run(session.acall(message="async"))
    assert len(session.turns) == 2


# --- 11. History policies ------------------------------------------------------------------------


def test_11_history_policies(capsys):
    lm = scripted_lm(echo)
    dspy.configure(lm=lm)
    hi = dspy.History(messages=[{"question": "Hi!", "answer": "Hello!"}])

    session = sessionify(dspy.Predict(QA), history_policy="override")
    session(question="Hi!")
    session(question="Follow-up", history=hi)
    print(len(session.turns))

    session2 = sessionify(dspy.Predict(QA), history_policy="use_if_provided")
    session2(question="Follow-up", history=hi)
    print(len(session2.turns))

    session3 = sessionify(dspy.Predict(QA), history_policy="replace_session")
    session3(question="Turn 1")
    session3(question="Turn 2")
    print(len(session3.turns))
    seed = dspy.History(messages=[{"question": "Seed", "answer": "Context"}])
    session3(question="Fresh start", history=seed)
    print(len(session3.turns))
    assert printed(capsys) == ["1", "1", "2", "1"]
    assert "Hello!" in lm.calls[1].turns[1]["content"]
    assert session2.turns[0].history_snapshot == hi
    assert session3.initial_history == seed
    assert "Context" in lm.calls[-1].turns[1]["content"]


# --- 12. Callbacks -------------------------------------------------------------------------------


def log_turn(session, turn):
    print(f"[Turn {turn.index}] Q: {turn.inputs['question']} → A: {turn.outputs['answer']}")
    print(f"  History depth: {len(turn.history_snapshot.messages)}")


def test_12_turn_callbacks(capsys):
    dspy.configure(lm=scripted_lm(echo))
    session = sessionify(dspy.Predict(QA), on_turn=log_turn)
    session(question="What is Python?")
    session(question="Who created it?")
    # Pass-through calls are not announced; forks share the callback.
    session(question="?", history=dspy.History(messages=[]))
    session.fork()(question="On a branch?")
    assert printed(capsys) == [
        "[Turn 0] Q: What is Python? → A: answer 0",
        "  History depth: 0",
        "[Turn 1] Q: Who created it? → A: answer 1",
        "  History depth: 1",
        "[Turn 2] Q: On a branch? → A: answer 2",
        "  History depth: 2",
    ]


def test_12_an_error_in_the_callback_is_logged_and_breaks_nothing(caplog):
    dspy.configure(lm=scripted_lm(echo))

    def broken(session, turn):
        raise RuntimeError("webhook down")

    session = sessionify(dspy.Predict(QA), on_turn=broken)
    with caplog.at_level(logging.WARNING, logger="dspy_session"):
        assert session(question="What is Python?").answer == "answer 0"
    assert len(session.turns) == 1
    assert "on_turn failed for turn 0" in caplog.text


# --- 13. Shared blueprint ------------------------------------------------------------------------


def test_13_one_blueprint_serves_two_users(capsys):
    dspy.configure(lm=scripted_lm(echo))
    chat = with_memory(dspy.Predict("question -> answer"))
    alice = chat.new_state()
    bob = chat.new_state()
    with chat.use_state(alice):
        chat(question="Hi, I'm Alice")
    with chat.use_state(bob):
        chat(question="Hi, I'm Bob")
    print(len(alice.turns))
    print(len(bob.turns))
    print(len(chat.turns))
    assert printed(capsys) == ["1", "1", "0"]


def test_13_async_serving_with_states_kept_elsewhere():
    lm = scripted_lm(echo)
    dspy.configure(lm=lm)
    chat = with_memory(dspy.Predict("question -> answer"))
    db = {}

    async def serve(user_id, message):
        state_data = db.get(user_id)
        state = SessionState.from_dict(state_data) if state_data else chat.new_state()
        async with chat.use_state(state):
            out = await chat.acall(question=message)
        db[user_id] = state.to_dict()
        return out.answer

    async def main():
        return [await serve("alice", "Hi, I'm Alice"), await serve("alice", "Who am I?")]

    assert asyncio.run(main()) == ["answer 0", "answer 1"]
    assert "I'm Alice" in lm.calls[1].turns[0]["content"]
    assert len(chat.turns) == 0


class MyAgent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.query_generator = dspy.ChainOfThought("question -> query")
        self.retriever = dspy.Predict("query -> passages")
        self.critic = dspy.Predict("question, passages -> verdict")
        self.respond = dspy.Predict("question, passages -> answer")

    def forward(self, question):
        self.query_generator(question=question)
        query = self.query_generator(question=f"{question} in other words").query
        passages = self.retriever(query=query).passages
        self.critic(question=question, passages=passages)
        return self.respond(question=question, passages=passages)


def agent(call):
    seen = str(len(call.turns) // 2)
    return dict.fromkeys(("reasoning", "query", "passages", "verdict", "answer"), seen)


def my_consolidator(past_memory, episode_transcript):
    return f"{past_memory}searched {episode_transcript.count('- turn:')} times. "


def test_13_a_policy_for_each_node():
    lm = scripted_lm(agent)
    dspy.configure(lm=lm)
    app = with_memory(
        MyAgent(),
        child_configs={
            "query_generator": {
                "lifespan": "episodic",
                "consolidator": my_consolidator,
            },
            "retriever": {
                "lifespan": "stateless",
            },
            "critic": {
                "isolation": "shared",  # read root conversation, don't mutate own ledger
            },
        },
    )
    state = app.new_state()
    with app.use_state(state):
        app(question="Who was Ada?")
        app(question="And Grace?")
    nodes = state.node_states
    assert nodes["query_generator"].l2_memory == "searched 2 times. searched 2 times. "
    assert nodes["query_generator"].turns == []
    assert nodes["retriever"].turns == nodes["critic"].turns == []
    assert len(nodes["respond"].turns) == 2
    calls = {call.node: call for call in state.turns[1].calls}
    assert calls["query_generator"].outputs["query"] == "1"
    assert calls["retriever"].outputs["passages"] == "0"
    assert calls["respond"].outputs["answer"] == "1"
    verdict = next(call for call in reversed(lm.calls) if "`verdict`" in call.system)
    assert "question: Who was Ada?" in verdict.last
    assert isinstance(app.module.retriever, Session)


def test_13_states_carry_memories_to_a_database_and_back():
    dspy.configure(lm=scripted_lm(agent))
    config = {"lifespan": "episodic", "consolidator": my_consolidator}
    app = with_memory(MyAgent(), child_configs={"query_generator": config})
    state = app.new_state()
    with app.use_state(state):
        app(question="Who was Ada?")
    restored = SessionState.from_dict(json.loads(json.dumps(state.to_dict())))
    with app.use_state(restored):
        app(question="And Grace?")
    memory = restored.node_states["query_generator"].l2_memory
    assert memory == "searched 2 times. searched 2 times. "
    assert len(state.turns) == 1


def test_projection_helpers_are_exported_and_empty_outside_a_call():
    nothing = dspy.History(messages=[])
    assert get_current_history() == get_outer_history() == nothing
    assert get_node_memory() == get_child_l1_ledger("worker") == get_execution_trace() == ""
    state = SessionState(turns=[], initial_history=None, l2_memory="")
    assert (len(state.turns), state.l2_memory) == (0, "")
