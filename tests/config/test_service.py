"""The example service over a YAML file: two processes, one store, real HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.servers import free_port

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Worker:
    """One process of the service."""

    def __init__(self, folder):
        self.port = free_port()
        command = [sys.executable, "-m", "uvicorn", "agents_service:app", "--app-dir"]
        self.process = subprocess.Popen(
            [*command, str(EXAMPLES), "--port", str(self.port), "--log-level", "warning"],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if k != "DSPY_SESSION_LM"},
        )

    def post(self, **body):
        return json.loads(self.raw(**body))

    def raw(self, **body):
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/chat", data)
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return response.read()

    def wait(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{self.port}/agents"
                with urllib.request.urlopen(url, timeout=60) as response:
                    return json.loads(response.read())
            if self.process.poll() is not None:
                raise AssertionError("the service did not start")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)
        raise AssertionError("the service did not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    both = [Worker(folder), Worker(folder)]
    try:
        for worker in both:
            assert worker.wait() == {"agents": ["support", "billing", "faq", "front_desk"]}
        yield both
    finally:
        for worker in both:
            worker.stop()


def test_a_conversation_goes_on_in_another_process(workers):
    one, other = workers
    first = one.post(message="Hello, this is Jonas. I was charged twice this month.")
    session_id = first["metadata"]["session_id"]
    assert session_id
    assert first["metadata"]["specialist"] in ("support", "billing")
    later = other.post(message="By the way, what is my name?", session_id=session_id)
    assert "Jonas" in later["answer"]
    assert later["metadata"]["session_id"] == session_id


def test_callers_without_an_id_share_nothing(workers):
    one, other = workers
    first = one.post(message="Hello, this is Jonas.", agent="support")
    second = other.post(message="What is my name?", agent="support")
    assert first["metadata"]["session_id"] != second["metadata"]["session_id"]
    assert "Jonas" not in second["answer"]


def test_a_stateless_agent_names_no_id(workers):
    reply = workers[0].post(message="Hello", agent="faq")
    assert reply["metadata"]["session_id"] is None


def test_an_answer_is_streamed(workers):
    text = workers[0].raw(message="Hello, this is Mia.", agent="billing", stream=True).decode()
    events = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line]
    *pieces, last = events
    assert "".join(piece["delta"] for piece in pieces) == last["answer"]
    assert len(pieces) > 1
    assert last["metadata"]["session_id"]


def test_messages_at_once_in_two_processes_lose_no_turn(workers):
    first = workers[0].post(message="Hello, this is Mia.", agent="billing")
    session_id = first["metadata"]["session_id"]

    def say(number):
        worker = workers[number % 2]
        return worker.post(message=f"message {number}", agent="billing", session_id=session_id)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(say, range(6)))
    assert all(answer["metadata"]["session_id"] == session_id for answer in answers)
    check = "from dspy_session.stores import open_store; import sys; "
    check += "print(open_store(sys.argv[1]).info(sys.argv[2]).turns)"
    said = subprocess.run(
        [sys.executable, "-c", check, "sqlite:///data/sessions/agents.db", session_id],
        cwd=Path(f"/proc/{workers[0].process.pid}/cwd").readlink(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "7"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, 422, "send {'message'"),
        ({"message": " "}, 422, "send {'message'"),
        ({"message": "hi", "agent": "nobody"}, 404, "no agent 'nobody'; there are support"),
        ({"message": "hi", "session_id": "a\x00"}, 422, "control character"),
    ],
)
def test_bad_requests_are_told(workers, body, code, words):
    with pytest.raises(urllib.error.HTTPError) as caught:
        workers[0].raw(**body)
    assert caught.value.code == code
    assert words in json.loads(caught.value.read())["error"]
