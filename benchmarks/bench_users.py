"""How many users one blueprint serves: turns a second, and whether anybody saw another's text.

    python benchmarks/bench_users.py [users] [turns]

The LM answers after a pause like a real one's, so that calls overlap; what is measured beside it is
DSPy and the session. Every prompt and every turn is checked: a run with a mix-up ends in an error.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.scripted import AsyncScriptedEngine, ScriptedLM, scripted_lm

from dspy_session import with_memory

PAUSE_S = 0.05
USER = re.compile(r"user-\d+-")


class Pausing(AsyncScriptedEngine):
    """Waits before it answers, as a model does."""

    async def complete(self, request):
        await asyncio.sleep(PAUSE_S)
        return await super().complete(request)


def answered(call):
    users = set(USER.findall(str(call.messages)))
    if len(users) != 1:
        raise AssertionError(f"a prompt holds the text of {users}")
    text = f"{users.pop()} {len(call.turns) // 2}"
    return {"plan": text, "answer": text}


def model():
    lm = scripted_lm(answered)
    return ScriptedLM(
        "scripted/model", engine=lm.engine, async_engine=Pausing(lm.engine), cache=False
    )


class Agent(dspy.Module):
    def __init__(self):
        super().__init__()
        self.planner = dspy.Predict("question -> plan")
        self.writer = dspy.Predict("question, plan -> answer")

    def forward(self, question):
        return self.writer(question=question, plan=self.planner(question=question).plan)

    async def aforward(self, question):
        plan = (await self.planner.acall(question=question)).plan
        return await self.writer.acall(question=question, plan=plan)


def question(user, turn):
    return f"user-{user}- asks {turn}"


async def plain(program, users, turns):
    async def talk(user):
        for turn in range(turns):
            await program.acall(question=question(user, turn))

    await asyncio.gather(*(talk(user) for user in range(users)))


async def on_one_loop(app, states, turns):
    async def talk(user, state):
        async with app.use_state(state):
            for turn in range(turns):
                await app.acall(question=question(user, turn))

    await asyncio.gather(*(talk(user, state) for user, state in enumerate(states)))


def in_threads(app, states, turns, lm):
    def talk(user):
        with dspy.context(lm=lm), app.use_state(states[user]):
            for turn in range(turns):
                app(question=question(user, turn))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(talk, range(len(states))))


def check(states, turns):
    for user, state in enumerate(states):
        expected = [f"user-{user}- {turn}" for turn in range(turns)]
        found = [turn.outputs["answer"] for turn in state.turns]
        if found != expected or len(state.node_states["planner"].turns) != turns:
            raise AssertionError(f"user {user} has {found}")


def measured(what, users, turns, run):
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    rate, memory = users * turns / seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{what:34} {seconds:8.2f} s {rate:9.0f} turns/s   peak {memory / 1024:6.0f} MB")


def main():
    users, turns = (int(given) for given in (*sys.argv[1:3], "1000", "5")[:2])
    print(
        f"{users} users, {turns} turns each, two LM calls a turn, {PAUSE_S * 1000:.0f} ms a call\n"
    )
    lm = model()
    with dspy.context(lm=lm):
        agent = Agent()
        measured(
            "plain program, one event loop",
            users,
            turns,
            lambda: asyncio.run(plain(agent, users, turns)),
        )
        for what, options in (("nodes isolated", {}), ("one conversation", {"recursive": False})):
            app = with_memory(Agent(), **options)
            states = [app.new_state() for _ in range(users)]
            run = on_one_loop(app, states, turns)
            measured(f"{what}, one event loop", users, turns, lambda run=run: asyncio.run(run))
            check(states, turns)
        app = with_memory(Agent())
        states = [app.new_state() for _ in range(users)]
        run = lambda: in_threads(app, states, turns, scripted_lm(answered))  # noqa: E731
        measured("nodes isolated, 16 threads, no pause", users, turns, run)
        check(states, turns)
    print("\nno prompt held another user's text, and every turn is in the state it belongs to")


if __name__ == "__main__":
    main()
