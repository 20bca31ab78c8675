"""What it costs to keep conversations: appends, forks, opening, lists; beside other packages.

Each append is measured in turns with a plain durable insert into SQLite on the same disk, so the
ratio holds however busy the disk is. Others run in environments of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import tempfile
import time
import venv
from pathlib import Path

import dspy
from bench_sessions import table
from store_peers import ANSWER, QUESTION, in_turns, plain_insert
from support.servers import PostgresServer, RedisServer

from dspy_session import sessionify
from dspy_session.stores import (
    Batch,
    RedisSessionStore,
    Row,
    SQLiteSessionStore,
    SQLSessionStore,
)

HERE = Path(__file__).parent
DEPTHS = (10, 1_000, 5_000)
REPEAT = 60
PEERS = {
    "openai-agents SQLiteSession": ("agents", ["openai-agents"]),
    "openai-agents AdvancedSQLiteSession": ("advanced", ["openai-agents"]),
    "LangGraph SqliteSaver": ("langgraph", ["langgraph", "langgraph-checkpoint-sqlite"]),
}


def program():
    return dspy.Predict("question -> answer")


def say(chat):
    chat.add_turn({"question": QUESTION}, {"answer": ANSWER})


def milliseconds(work):
    started = time.perf_counter()
    result = work()
    return (time.perf_counter() - started) * 1000, result


def median_ms(work, repeat):
    return statistics.median(milliseconds(work)[0] for _ in range(repeat))


def filled(store, session_id, turns):
    """A stored conversation of that many turns, written as one that was imported is."""
    chat = sessionify(program(), store=store).open(session_id)
    for _ in range(turns - len(chat.turns)):
        say(chat)
    return chat


def appends(store, folder):
    raw = plain_insert(folder / "raw.db")
    costs = {}
    for depth in DEPTHS:
        chat = filled(store, "deep", depth)
        costs[depth] = in_turns(lambda chat=chat: say(chat), raw, REPEAT)
    return costs


def peer(kind, packages):
    folder = HERE / "out" / kind.replace("advanced", "agents")
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    done = subprocess.run(
        [python, HERE / "store_peers.py", kind], check=True, capture_output=True, text=True
    )
    return {int(depth): cost for depth, cost in json.loads(done.stdout).items()}


def append_table(stores, folder):
    rows = []
    measured = [
        (name, lambda store=store: appends(store, folder)) for name, store in stores.items()
    ]
    measured += [(name, lambda asked=asked: peer(*asked)) for name, asked in PEERS.items()]
    for name, measure in measured:
        costs = measure()
        cells = []
        for depth in DEPTHS:
            if depth in costs:
                own, raw = costs[depth]
                cells.append(f"{own:.2f} ({own / raw:.1f})")
            else:
                cells.append("-")
        rows.append([name, *cells])
    print(
        "One more turn of 600 characters, ms (times a plain durable insert, measured beside it)\n"
    )
    table(["", *(f"at {depth:,} turns" for depth in DEPTHS)], rows)


def reading_row(name, store, again):
    """Fork, open and look back; ``again`` opens the same store as another process would."""
    chat = filled(store, "thousand", 1_000)
    before = len(store.load("thousand").rows)
    fork = median_ms(lambda: chat.fork(at=500), 9)
    rows = (len(store.load("thousand").rows) - before) / 9
    opening, looking = [], []
    for _ in range(15):
        with again() as other:
            fresh = sessionify(program(), store=other)
            other.info("thousand")  # connected, and has read nothing of it
            took, opened = milliseconds(lambda fresh=fresh: fresh.open("thousand"))
            opening.append(took)
            took, _ = milliseconds(lambda one=opened: [turn.outputs for turn in one.turns[-10:]])
            looking.append(took)
    times = (statistics.median(opening), statistics.median(looking))
    return [name, f"{fork:.2f}", f"{rows:g}", *(f"{one:.2f}" for one in times)]


def listing_ms(store, quick):
    """50 of the 100,000 sessions of one user, who were written by a store that skips the disk."""

    async def fill():
        for start in range(0, 100_000, 200):
            await asyncio.gather(*(write(start + number) for number in range(200)))

    def write(number):
        batch = Batch([Row("turn", "0:0", "{}")], info={"user_id": "u"})
        return quick.aappend(f"s{number}", batch, expected_version=0)

    asyncio.run(fill())
    return median_ms(lambda: store.list_sessions(user_id="u", limit=50), 15)


def longest_pause_ms(again):
    """How long the event loop stood still while a conversation of 5,000 turns was opened.

    Returns:
        Milliseconds; the same with Python's garbage collector at work; the same while nothing was
        done, which is what the rest of the machine does to it.
    """

    async def during(work):
        gaps, done = [], asyncio.Event()

        async def tick():
            while not done.is_set():
                started = time.perf_counter()
                await asyncio.sleep(0.001)
                gaps.append(time.perf_counter() - started)

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0.05)
        gaps.clear()
        await work
        done.set()
        await ticking
        return max(gaps) * 1000 - 1

    async def opening():
        async with again() as other:
            fresh = sessionify(program(), store=other)
            await other.ainfo("deep")
            return await during(fresh.aopen("deep")), await during(asyncio.sleep(0.1))

    gc.collect()
    gc.freeze()  # as a service does: else the collector goes through all that DSPy imported
    collecting = [asyncio.run(opening()) for _ in range(7)]
    gc.disable()
    found = [asyncio.run(opening()) for _ in range(7)]
    gc.enable()
    held, idle = (statistics.median(column) for column in zip(*found, strict=True))
    return held, statistics.median(pause for pause, _ in collecting), idle


def main():
    with (
        tempfile.TemporaryDirectory() as name,
        RedisServer(RedisServer.programs()[0], durable=True) as redis_server,
        PostgresServer(PostgresServer.folders()[0]) as postgres_server,
    ):
        folder = Path(name)
        again = {
            "SQLite": lambda: SQLiteSessionStore(folder / "chats.db"),
            "Redis, AOF always": lambda: RedisSessionStore(redis_server.url),
            "PostgreSQL": lambda: SQLSessionStore(postgres_server.url),
        }
        stores = {label: make() for label, make in again.items()}
        append_table(stores, folder)
        print("A conversation of 1,000 turns, ms\n")
        rows = [reading_row(label, store, again[label]) for label, store in stores.items()]
        table(["", "fork", "rows it adds", "open", "its last 10 turns"], rows)
        pauses = {label: longest_pause_ms(make) for label, make in again.items()}
        print("The rest, ms\n")
        quick = [
            SQLiteSessionStore(folder / "chats.db", synchronous="OFF"),
            RedisSessionStore(redis_server.url),
            SQLSessionStore(f"{postgres_server.url}?options=-c%20synchronous_commit%3Doff"),
        ]
        rows = []
        for (label, store), quicker in zip(stores.items(), quick, strict=True):
            held = (f"{one:.1f}" for one in pauses[label])
            rows.append([label, *held, f"{listing_ms(store, quicker):.2f}"])
            quicker.close()
            store.close()
        held = ["event loop held by opening 5,000 turns", "garbage collected", "by nothing"]
        table(["", *held, "50 of 100,000 sessions"], rows)


if __name__ == "__main__":
    main()
