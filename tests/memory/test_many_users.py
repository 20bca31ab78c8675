"""One blueprint, many users at once: no text of one in a prompt of another, no turn gone astray."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest
from support.scripted import Held, scripted_lm

from dspy_session import carry_frame, get_current_history, sessionify, with_memory

# Even without a bar, dspy.Parallel makes one of tqdm's, which loses count of them across threads.
ONE_POOL = threading.Lock()

USER = re.compile(r"user-\d+-")


def name(number):
    return f"user-{number}-"


class CrossedError(AssertionError):
    """A prompt held the text of two users."""


def one_user(call):
    """Answer for the one user whose text the prompt holds."""
    users = set(USER.findall(str(call.messages)))
    if len(users) != 1:
        raise CrossedError(users)
    (user,) = users
    seen = len(call.turns) // 2
    text = f"{user} {seen}"
    return dict.fromkeys(("plan", "answer", "findings", "updated_memory", "verdict"), text)


class Team(dspy.Module):
    """A pool inside, a sub-module, a shared predictor, one that consolidates."""

    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.finder = dspy.ChainOfThought("plan -> findings")
        self.critic = dspy.Predict("question -> verdict")
        self.writer = dspy.Predict("question, findings -> answer")
        self.pool = dspy.Parallel(num_threads=2, disable_progress_bar=True)

    def forward(self, question):
        plan = self.planner(question=question).plan
        pairs = [(self.finder, {"plan": f"{plan} {n}"}) for n in range(2)]
        with ONE_POOL:
            findings = " ".join(one.findings for one in self.pool(pairs))
        self.critic(question=question)
        return self.writer(question=question, findings=findings)

    async def aforward(self, question):
        plan = (await self.planner.acall(question=question)).plan
        found = [self.finder.acall(plan=f"{plan} {n}") for n in range(2)]
        findings = " ".join(one.findings for one in await asyncio.gather(*found))
        await self.critic.acall(question=question)
        return await self.writer.acall(question=question, findings=findings)


def remember(past_memory, episode_transcript):
    (user,) = set(USER.findall(past_memory + episode_transcript))
    return f"{past_memory}{user}"


def blueprint():
    finder = {"lifespan": "episodic", "consolidator": remember}
    return with_memory(Team(), child_configs={"finder": finder, "critic": {"isolation": "shared"}})


def reasoned(call):
    return {**one_user(call), "reasoning": "r"}


def check(state, number, turns):
    user = name(number)
    assert [turn.inputs["question"] for turn in state.turns] == [
        f"{user} asks {n}" for n in range(turns)
    ]
    assert [turn.outputs["answer"] for turn in state.turns] == [f"{user} {n}" for n in range(turns)]
    nodes = state.node_states
    assert len(nodes["planner"].turns) == len(nodes["writer"].turns) == turns
    assert nodes["finder"].l2_memory == user * turns
    assert set(USER.findall(str(state.to_dict()))) == {user}


async def test_a_thousand_users_on_one_event_loop():
    app = with_memory(dspy.Predict("question -> answer"))
    states = [app.new_state() for _ in range(1000)]

    async def talk(number, state):
        async with app.use_state(state):
            for turn in range(2):
                await app.acall(question=f"{name(number)} asks {turn}")

    with dspy.context(lm=scripted_lm(reasoned)):
        await asyncio.gather(*(talk(n, state) for n, state in enumerate(states)))
    for number, state in enumerate(states):
        answers = [turn.outputs["answer"] for turn in state.turns]
        assert answers == [f"{name(number)} 0", f"{name(number)} 1"]
    assert len(app.turns) == 0


async def test_users_of_a_program_with_policies_on_one_event_loop():
    app = blueprint()
    states = [app.new_state() for _ in range(40)]

    async def talk(number, state):
        async with app.use_state(state):
            for turn in range(3):
                await app.acall(question=f"{name(number)} asks {turn}")

    with dspy.context(lm=scripted_lm(reasoned)):
        await asyncio.gather(*(talk(n, state) for n, state in enumerate(states)))
    for number, state in enumerate(states):
        check(state, number, 3)


def test_users_in_threads_with_pools_inside():
    app, lm = blueprint(), scripted_lm(reasoned)
    states = [app.new_state() for _ in range(24)]

    def talk(number):
        with dspy.context(lm=lm), app.use_state(states[number]):
            for turn in range(2):
                app(question=f"{name(number)} asks {turn}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk, range(len(states))))
    for number, state in enumerate(states):
        check(state, number, 2)


def test_threads_and_loops_serve_the_same_users_in_order():
    app, lm = blueprint(), scripted_lm(reasoned)
    states = [app.new_state() for _ in range(4)]

    def now():
        for number, state in enumerate(states):
            with app.use_state(state):
                app(question=f"{name(number)} says")

    async def later():
        async def ask(number, state):
            async with app.use_state(state):
                await app.acall(question=f"{name(number)} says")

        await asyncio.gather(*(ask(n, state) for n, state in enumerate(states)))

    def work(number):
        with dspy.context(lm=lm):
            asyncio.run(later()) if number % 2 else now()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    for number, state in enumerate(states):
        user = name(number)
        answers = [turn.outputs["answer"] for turn in state.turns]
        assert answers == [f"{user} {n}" for n in range(6)]
        assert state.node_states["finder"].l2_memory == user * 6


def test_a_user_whose_model_hangs_holds_up_nobody():
    held = Held({"plan": f"{name(0)} p"})
    app = blueprint()
    slow, quick = app.new_state(), app.new_state()

    def hang():
        with dspy.context(lm=scripted_lm(held, *[reasoned] * 6)), app.use_state(slow):
            app(question=f"{name(0)} asks 0")

    thread = threading.Thread(target=hang)
    thread.start()
    assert held.reached.wait(20)
    with dspy.context(lm=scripted_lm(reasoned)), app.use_state(quick):
        for turn in range(2):
            app(question=f"{name(1)} asks {turn}")
    check(quick, 1, 2)
    assert len(slow.turns) == 0
    held.release()
    thread.join(20)
    check(slow, 0, 1)


async def test_bindings_of_several_blueprints_nest():
    first, second = blueprint(), blueprint()
    lm = scripted_lm(reasoned)
    states = [(first.new_state(), second.new_state()) for _ in range(10)]

    async def talk(number, mine, other):
        async with first.use_state(mine):
            await first.acall(question=f"{name(number)} asks 0")
            async with second.use_state(other):
                await second.acall(question=f"{name(number)} asks 0")
                async with first.use_state(first.new_state()):
                    await first.acall(question=f"{name(number)} elsewhere")
            await first.acall(question=f"{name(number)} asks 1")

    with dspy.context(lm=lm):
        await asyncio.gather(*(talk(n, *pair) for n, pair in enumerate(states)))
    for number, (mine, other) in enumerate(states):
        check(mine, number, 2)
        check(other, number, 1)


async def test_asynchronous_generators_keep_their_users_apart():
    app, lm = blueprint(), scripted_lm(reasoned)
    states = [app.new_state() for _ in range(5)]

    async def answers(number):
        for turn in range(2):
            async with app.use_state(states[number]):
                yield await app.acall(question=f"{name(number)} asks {turn}")

    with dspy.context(lm=lm):
        streams = [answers(number) for number in range(5)]
        for _ in range(2):  # each is at work in the middle of the others
            for stream in streams:
                await anext(stream)
        for stream in streams:
            await stream.aclose()
    for number, state in enumerate(states):
        check(state, number, 2)


# --- calls within calls --------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["isolated", "shared"])
def test_a_call_within_a_call_is_recorded_first_and_moves_no_window(isolation):
    class Asks(dspy.Module):
        """Its own session answers a question of its own in the middle."""

        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")
            self.app = []

        def forward(self, question):
            self.ask(question=question)
            if question == "outer":
                self.app[0](question="inner")
            return self.ask(question=f"{question} again")

    lm = scripted_lm(lambda call: {"answer": str(len(call.turns) // 2)})
    app = with_memory(Asks(), isolation=isolation)
    app.module.app.append(lambda **inputs: app(**inputs))
    with dspy.context(lm=lm):
        app(question="first")
        app(question="outer")
        app(question="last")
    asked = [turn.inputs["question"] for turn in app.turns]
    assert asked == ["first", "inner", "outer", "last"]
    sent = [call.turns for call in lm.calls]
    by_text = {call.last.splitlines()[1]: turns for call, turns in zip(lm.calls, sent, strict=True)}
    for turn in app.turns:
        for call in turn.calls:
            told = [m["content"] for m in by_text[call.inputs["question"]] if m["role"] == "user"]
            seen = [message["question"] for message in call.history_snapshot.messages]
            assert [text.splitlines()[1] for text in told] == seen
    if isolation == "isolated":
        assert len(app.state.node_states["ask"].turns) == 8
        assert app.turns[3].calls[0].outputs["answer"] == "6"


def test_a_failed_call_of_a_carried_thread_leaves_nodes_as_they_were():
    class Threads(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            with ThreadPoolExecutor(2) as pool:
                ask = carry_frame(self.ask)
                made = [pool.submit(ask, question=f"{question} {n}") for n in range(2)]
                answers = [one.result() for one in made]
            if question == "bad":
                raise ZeroDivisionError
            assert len(get_current_history().messages) == int(question)
            return answers[0]

    lm = scripted_lm(lambda call: {"answer": str(len(call.turns) // 2)})
    app = sessionify(Threads(), recursive=True)
    with dspy.context(lm=lm):
        app(question="0")
        with pytest.raises(ZeroDivisionError):
            app(question="bad")
        app(question="1")
    assert len(app.module.ask) == 4
    assert [len(one.history_snapshot.messages) >= 2 for one in app.turns[1].calls] == [True, True]


@pytest.mark.parametrize("way", ["asyncify", "acall"])
async def test_a_cancelled_call_leaves_nodes_as_they_were(way):
    held = Held({"answer": "late"})
    lm = scripted_lm(
        {"plan": "p"}, {"answer": "a"}, {"plan": "p"}, held, {"plan": "p"}, {"answer": "b"}
    )

    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.planner = dspy.Predict("question -> plan")
            self.writer = dspy.Predict("question -> answer")

        def forward(self, question):
            self.planner(question=question)
            return self.writer(question=question)

    class TwoLater(Two):
        async def aforward(self, question):
            await self.planner.acall(question=question)
            return await self.writer.acall(question=question)

    app = with_memory(TwoLater() if way == "acall" else Two())
    with dspy.context(lm=lm):
        await app.acall(question="a")
        task = asyncio.ensure_future(app.acall(question="b"))
        assert await asyncio.to_thread(held.reached.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.release()
        assert (len(app.turns), len(app.module.planner), len(app.module.writer)) == (1, 1, 1)
        await app.acall(question="c")
    assert [turn.inputs["question"] for turn in app.module.planner.turns] == ["a", "c"]
