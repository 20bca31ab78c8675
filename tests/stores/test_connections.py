"""Files and connections stay few, and follow threads, event loops and forks."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import psycopg
import pytest
import redis
from support.stores import BACKENDS, on_backends, turn_batch

from dspy_session.stores import RedisSessionStore, SQLSessionStore, open_store

SESSIONS = 1_000
FORK = """
import json, os, sys
from dspy_session import stores
from dspy_session.stores import Batch

kind, arguments = json.loads(sys.argv[1])
store = getattr(stores, kind)(*arguments)
store.append("parent", Batch(), expected_version=0)
child = os.fork()
if child == 0:  # what a server does that loads the application before it makes its workers
    done = [store.append(f"child-{n}", Batch(), expected_version=0) for n in range(20)]
    store.close()
    os._exit(0 if done == [1] * 20 else 1)
for number in range(20):
    store.append(f"parent-{number}", Batch(), expected_version=0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def open_files() -> int:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("this system does not list a process's open files in /proc")
    return len(list(folder.iterdir()))


@on_backends(*BACKENDS)
def test_a_thousand_sessions_take_a_handful_of_files(backend):
    backend.append("first", turn_batch(0), expected_version=0)
    before = open_files()

    def write(start):
        for number in range(start, SESSIONS, 8):
            backend.append(f"s{number}", turn_batch(0), expected_version=0)
            backend.load(f"s{number}")

    threads = [threading.Thread(target=write, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(backend.sessions(limit=1_000))) == SESSIONS + 1
    assert open_files() - before <= 24
    backend.close()
    assert open_files() <= before


@on_backends(*BACKENDS)
async def test_a_hundred_tasks_share_the_connections(backend):
    await backend.aappend("first", turn_batch(0), expected_version=0)
    before = open_files()
    for start in range(0, 300, 100):
        await asyncio.gather(
            *(
                backend.aappend(f"s{start + n}", turn_batch(0), expected_version=0)
                for n in range(100)
            )
        )
    assert len((await backend.alist_sessions(limit=1_000)).sessions) == 301
    assert open_files() - before <= 32
    await backend.aclose()


@on_backends(*BACKENDS)
def test_one_store_serves_one_event_loop_after_another(address, backend):
    async def use(number):
        await backend.aappend(f"s{number}", turn_batch(0), expected_version=0)
        return await backend.ainfo(f"s{number}")

    asyncio.run(use(0))
    before = open_files()
    for number in range(1, 20):
        assert asyncio.run(use(number)).version == 1
    assert open_files() <= before


@on_backends(*BACKENDS)
def test_one_store_serves_several_event_loops_at_once(backend):
    async def use(number):
        for turn in range(10):
            await backend.aappend(f"s{number}", turn_batch(turn), expected_version=turn)
            await asyncio.sleep(0)

    threads = [threading.Thread(target=lambda n=n: asyncio.run(use(n))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {info.version for info in backend.sessions()} == {10}
    assert len(list(backend.sessions())) == 6


@on_backends(*BACKENDS)
async def test_a_store_closed_from_a_loop_lets_go_of_its_connections(backend):
    before = open_files()
    await backend.aappend("s", turn_batch(0), expected_version=0)
    await backend.ainfo("s")
    backend.info("s")
    await backend.aclose()
    assert open_files() <= before


@pytest.mark.skipif(sys.version_info < (3, 13), reason="sqlite3 tells of it since Python 3.13")
def test_a_store_that_nobody_closed_is_closed_when_it_is_collected(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/chats.db")
    store.append("s", turn_batch(0), expected_version=0)
    store.load("s")
    store.itself = store  # a cycle, as a session and its program are one
    with warnings.catch_warnings(record=True, action="always") as told:
        del store
        gc.collect()
    assert [str(one.message) for one in told] == []


def test_closing_a_store_ends_its_connections_to_redis(redis_server_url, redis_prefix):
    with redis.Redis.from_url(redis_server_url) as link:
        before = len(link.client_list())
        store = RedisSessionStore(redis_server_url, redis_prefix)
        store.append("s", turn_batch(0), expected_version=0)
        assert len(link.client_list()) == before + 1
        store.close()
        while len(link.client_list()) > before:
            pass


def test_closing_a_store_ends_its_connections_to_postgresql(postgres_url):
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
    with psycopg.connect(postgres_url, autocommit=True) as link:
        store = SQLSessionStore(f"{postgres_url}&application_name=counted")
        store.append("s", turn_batch(0), expected_version=0)
        assert link.execute(query).fetchone() == (1,)
        store.close()
        while link.execute(query).fetchone() != (0,):
            pass


@on_backends("sqlite", "redis", "postgresql")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_store_made_before_a_fork_works_on_both_sides(address):
    where = json.dumps([address.kind, [str(one) for one in address.arguments]])
    done = subprocess.run([sys.executable, "-c", FORK, where], check=False, timeout=120)
    assert done.returncode == 0
    with address.open() as store:
        assert len(list(store.sessions(limit=100))) == 41
