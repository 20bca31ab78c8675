"""Nothing that was acknowledged is lost when a client or a server is killed."""

from __future__ import annotations

import threading
import time

import pytest
from support.stores import BACKENDS, PROCESSES, on_backends, turn_batch, whole_turns
from support.writers import write_until_killed

from dspy_session.errors import StoreError, StoreUnavailableError
from dspy_session.stores import RedisSessionStore, SQLSessionStore


@on_backends(*BACKENDS)
def test_a_killed_client_loses_nothing_that_was_acknowledged(address):
    for _ in range(3):
        with address.open() as store:
            before = len(whole_turns(store, "s"))
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = PROCESSES.Process(target=write_until_killed, args=(address, theirs))
        writer.start()
        theirs.close()
        written = [ours.recv() for _ in range(20)]  # it is in full swing now
        writer.kill()
        try:
            while True:
                written.append(ours.recv())
        except EOFError:
            writer.join()
        with address.open() as store:
            turns = whole_turns(store, "s")
        assert written == list(range(before, before + len(written)))
        # The last one may have been written and not yet acknowledged.
        assert len(turns) - before - len(written) in (0, 1)
        assert turns[before:] == [f"{number}" for number in range(len(turns) - before)]


@pytest.fixture(params=["redis", "postgresql"])
def server(request):
    """A server with the settings that our documentation asks for, which may be killed."""
    name = {"redis": "durable_redis", "postgresql": "own_postgres"}[request.param]
    return request.getfixturevalue(name)


def open_at(server):
    kind = RedisSessionStore if server.url.startswith("redis") else SQLSessionStore
    return kind(server.url)


def test_a_killed_server_loses_nothing_that_was_acknowledged(server):
    acknowledged, problems = [], []

    def write():
        try:
            for number in range(1_000_000):
                batch = turn_batch(number, f"{number}")
                store.append("s", batch, expected_version=number)
                acknowledged.append(number)
        except StoreError as problem:
            problems.append((problem, batch))

    with open_at(server) as store:
        writer = threading.Thread(target=write)
        writer.start()
        while len(acknowledged) < 50:
            time.sleep(0.001)
        server.kill()
        writer.join()
        [(problem, batch)] = problems
        assert isinstance(problem, StoreUnavailableError)
        server.start()
        # The same store finds the server again, and the write that was cut off may be repeated.
        count = len(acknowledged)
        assert store.append("s", batch, expected_version=count) == count + 1
        assert store.append("s", batch, expected_version=count) == count + 1
        assert whole_turns(store, "s") == [f"{number}" for number in range(count + 1)]


def test_a_restarted_server_is_not_noticed_between_writes(server):
    with open_at(server) as store:
        store.append("s", turn_batch(0), expected_version=0)
        server.kill()
        with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1"):
            store.info("s")
        server.start()
        assert store.append("s", turn_batch(1), expected_version=1) == 2
