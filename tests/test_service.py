"""The example of a service: two processes on one Redis, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from support.servers import RedisServer, first, free_port

from dspy_session import with_memory
from dspy_session.demo import SupportAgent
from dspy_session.stores import open_store

EXAMPLES = Path(__file__).parents[1] / "examples"
MIA, BOB = {"X-User": "mia"}, {"X-User": "bob"}


class Worker:
    """One process of the service."""

    def __init__(self, store_url: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = ["-m", "uvicorn", "service:app", "--app-dir", EXAMPLES, "--port", str(port)]
        self.process = subprocess.Popen(
            [sys.executable, *command, "--log-level", "warning"],
            env={**os.environ, "CHATS": store_url},
        )

    def wait_until_ready(self) -> None:
        for _ in range(1_200):
            assert self.process.poll() is None
            with suppress(httpx.TransportError):
                assert httpx.get(f"{self.url}/chats", headers=MIA).status_code == 200
                return
            time.sleep(0.05)

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) in (0, -15)


@pytest.fixture(scope="module")
def server():
    with RedisServer(first(RedisServer.programs(), "Redis or Valkey server"), durable=True) as one:
        yield one


@pytest.fixture(scope="module")
def workers(server):
    with ExitStack() as running:
        started = []
        for _ in range(2):
            started.append(Worker(server.url))
            running.callback(started[-1].end)
        for worker in started:
            worker.wait_until_ready()
        yield started


def say(worker, chat, question, who=MIA):
    url = f"{worker.url}/chats/{chat}/turns"
    return httpx.post(url, json={"question": question}, headers=who, timeout=60)


def test_a_chat_goes_on_in_another_process(workers):
    assert say(workers[0], "moves", "Hi, I'm Mia.").json()["turn"] == 0
    answer = say(workers[1], "moves", "What is my name?").json()
    assert answer["turn"] == 1
    assert "Mia" in answer["reply"]
    shown = [httpx.get(f"{worker.url}/chats/moves", headers=MIA).json() for worker in workers]
    assert shown[0] == shown[1]
    assert [turn["question"] for turn in shown[0]["turns"]] == ["Hi, I'm Mia.", "What is my name?"]


async def test_questions_at_both_processes_at_once_all_get_a_turn(workers, server):
    questions = [f"This is question {number}." for number in range(8)]

    async def ask(client, number):
        url = f"{workers[number % 2].url}/chats/busy/turns"
        while True:
            answer = await client.post(url, json={"question": questions[number]}, headers=MIA)
            if answer.status_code != 409:  # what a client does that is told to try again
                return answer

    async with httpx.AsyncClient(timeout=120) as client:
        answers = await asyncio.gather(*(ask(client, number) for number in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(answer.json()["turn"] for answer in answers) == list(range(8))
    with open_store(server.url) as store:
        chat = with_memory(SupportAgent(), store=store).open("busy")
        assert [turn.id for turn in chat.turns] == [
            answer.json()["turn_id"] for answer in sorted(answers, key=lambda a: a.json()["turn"])
        ]
        assert sorted(turn.inputs["question"] for turn in chat.turns) == questions
        # Each answer has seen all turns before it, whichever process gave it.
        assert [len(turn.history_snapshot.messages) for turn in chat.turns] == list(range(8))
        assert list(chat.branches) == ["main"]


def test_nobody_reads_or_continues_the_chat_of_another(workers):
    say(workers[0], "private", "Hi, I'm Mia.")
    for worker in workers:
        assert say(worker, "private", "What is my name?", BOB).status_code == 404
        assert httpx.get(f"{worker.url}/chats/private", headers=BOB).status_code == 404
        assert httpx.get(f"{worker.url}/chats", headers=BOB).json()["chats"] == []
        assert httpx.get(f"{worker.url}/chats").status_code == 401
    listed = httpx.get(f"{workers[1].url}/chats", headers=MIA).json()["chats"]
    assert {"chat": "private", "turns": 1} in listed


def test_what_makes_no_sense_is_refused(workers):
    assert say(workers[0], "refused", "").status_code == 422
    assert say(workers[0], "a%00b", "Hi").status_code == 422
    url = f"{workers[0].url}/chats/refused/turns"
    assert httpx.post(url, content="no JSON", headers=MIA).status_code == 422
    assert httpx.get(f"{workers[0].url}/chats/refused", headers=MIA).status_code == 404


def test_a_killed_server_is_told_and_found_again(workers, server):
    say(workers[0], "outage", "Hi, I'm Mia.")
    server.kill()
    refused = say(workers[1], "outage", "What is my name?")
    assert refused.status_code == 503
    assert "cannot be reached" in refused.json()["error"]
    server.start()
    answer = say(workers[1], "outage", "What is my name?")
    assert (answer.status_code, answer.json()["turn"]) == (200, 1)
    assert "Mia" in answer.json()["reply"]
