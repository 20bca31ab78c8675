"""Appends to the stores of other packages, beside plain inserts; run in an environment of theirs.

    python store_peers.py langgraph | agents | advanced

Prints one JSON object: depth to milliseconds for one more turn, a question and an answer of 300
characters each, appended to a conversation of that many turns in a SQLite file; and beside it,
measured in turns with it, a plain insert of as much text.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

QUESTION, ANSWER = "q" * 300, "a" * 300
DEPTHS = {"agents": (10, 1_000, 5_000), "advanced": (10, 1_000, 5_000), "langgraph": (10, 1_000)}
REPEAT = {"agents": 60, "advanced": 30, "langgraph": 10}


def plain_insert(path):
    """One durable insert, and nothing else: what any store on this disk has to pay."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY, body TEXT)")
    body = json.dumps({"question": QUESTION, "answer": ANSWER})
    return lambda: connection.execute("INSERT INTO turns (body) VALUES (?)", (body,))


def in_turns(append, raw, repeat):
    """Milliseconds of each, measured in turns, so that other work on the machine hits both."""
    times = {append: [], raw: []}
    for _ in range(repeat):
        for work in times:
            started = time.perf_counter()
            work()
            times[work].append((time.perf_counter() - started) * 1000)
    return [statistics.median(times[append]), statistics.median(times[raw])]


def openai_agents(folder, kind):
    """The Agents SDK's sessions: two items a turn, as its runner adds them."""
    from agents import SQLiteSession
    from agents.extensions.memory import AdvancedSQLiteSession

    path = folder / "agents.db"
    if kind == "agents":
        session = SQLiteSession("s", path)
    else:
        session = AdvancedSQLiteSession(session_id="s", db_path=path, create_tables=True)
    turn = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
    loop = asyncio.new_event_loop()

    def append():
        loop.run_until_complete(session.add_items([dict(item) for item in turn]))

    def fill(turns):
        items = [dict(item) for _ in range(turns) for item in turn]
        for start in range(0, len(items), 1_000):
            loop.run_until_complete(session.add_items(items[start : start + 1_000]))

    return append, fill


def langgraph(folder, _):
    """A graph with a message list, kept by LangGraph's saver: one invocation a turn."""
    from langchain_core.messages import AIMessage
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, MessagesState, StateGraph

    saver = SqliteSaver(sqlite3.connect(folder / "langgraph.db", check_same_thread=False))
    graph = StateGraph(MessagesState)
    graph.add_node("answer", lambda state: {"messages": [AIMessage(ANSWER)]})
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    app = graph.compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "s"}}

    def append():
        app.invoke({"messages": [{"role": "user", "content": QUESTION}]}, config)

    def fill(turns):
        pair = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
        app.update_state(config, {"messages": pair * turns}, as_node="answer")

    return append, fill


def main(kind):
    with tempfile.TemporaryDirectory() as name:
        make = langgraph if kind == "langgraph" else openai_agents
        append, fill = make(Path(name), kind)
        raw = plain_insert(Path(name) / "raw.db")
        append()
        depth, costs = 1, {}
        for wanted in DEPTHS[kind]:
            fill(wanted - depth)
            costs[wanted] = in_turns(append, raw, REPEAT[kind])
            depth = wanted + REPEAT[kind]
        json.dump(costs, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
