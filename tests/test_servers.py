"""The servers of the tests: each kind starts here, keeps what it should when killed, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis
from support.servers import PostgresServer, RedisServer

TESTS = Path(__file__).parent


def last_names(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


KEEPER = """
import sys
from support.servers import RedisServer
with RedisServer(RedisServer.programs()[0]) as server:
    print(server._process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("program", RedisServer.programs(), ids=last_names)
def test_redis_starts_and_keeps_what_it_acknowledged_when_killed(program):
    with RedisServer(program, durable=True) as server:
        with redis.Redis.from_url(server.url) as link:
            link.set("kept", "yes")
        server.kill()
        server.start()
        with redis.Redis.from_url(server.url) as link:
            assert link.get("kept") == b"yes"
    assert not server.folder.exists()


@pytest.mark.parametrize("folder", PostgresServer.folders(), ids=last_names)
def test_postgresql_starts_and_keeps_what_it_acknowledged_when_killed(folder):
    with PostgresServer(folder) as server:
        with psycopg.connect(server.url, autocommit=True) as link:
            link.execute("CREATE TABLE kept AS SELECT 1 AS number")
        server.kill()
        server.start()
        with psycopg.connect(server.url) as link:
            assert link.execute("SELECT number FROM kept").fetchone() == (1,)
    assert not server.folder.exists()


def test_a_server_goes_when_the_test_run_is_killed():
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    run = subprocess.Popen(
        [sys.executable, "-c", KEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    with run:
        server = int(run.stdout.readline())
        os.kill(server, 0)
        run.kill()
    for _ in range(500):
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the server outlived the run that had started it")
