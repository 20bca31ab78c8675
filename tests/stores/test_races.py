"""Many writers at once: one wins each version, nobody's turn is lost, torn or written twice."""

from __future__ import annotations

import asyncio
import threading

import pytest
from support.stores import (
    BACKENDS,
    append_next,
    in_processes,
    on_backends,
    turn_batch,
    whole_turns,
)
from support.writers import append_many, begin

from dspy_session.errors import SessionConflictError

PROCESSES, TURNS = 8, 12


@on_backends(*BACKENDS)
def test_eight_processes_on_one_session_lose_nothing(address):
    # The database is empty and has no tables: all eight make them at once.
    in_processes(append_many, *((address, number, TURNS) for number in range(PROCESSES)))
    with address.open() as store:
        turns = whole_turns(store, "shared")
    written = {f"{number}-{turn}" for number in range(PROCESSES) for turn in range(TURNS)}
    assert len(turns) == len(written)
    assert set(turns) == written
    for number in range(PROCESSES):  # each writer's turns stand in the order it wrote them
        own = [turn for turn in turns if turn.startswith(f"{number}-")]
        assert own == [f"{number}-{turn}" for turn in range(TURNS)]


@on_backends(*BACKENDS)
def test_of_eight_processes_on_a_cold_database_one_begins_the_session(address):
    in_processes(begin, *((address, number) for number in range(PROCESSES)))
    with address.open() as store:
        [winner] = [row.body for row in store.load("winner").rows]
        assert whole_turns(store, "shared") == [winner]
        ids = {info.session_id for info in store.sessions()}
        assert ids == {"shared", "winner", *(f"own-{number}" for number in range(PROCESSES))}
        assert store.migrate() == (1, 1)


@on_backends(*BACKENDS)
def test_the_second_of_two_writers_is_told_and_may_repeat(address):
    with address.open() as first, address.open() as second:
        first.append("s", turn_batch(0, "a"), expected_version=0)
        seen = second.info("s").version
        first.append("s", turn_batch(1, "b"), expected_version=1)
        late = turn_batch(1, "c")
        with pytest.raises(SessionConflictError, match="another writer was first") as caught:
            second.append("s", late, expected_version=seen)
        assert (caught.value.expected, caught.value.found) == (1, 2)
        assert whole_turns(second, "s") == ["a", "b"]
        second.append("s", turn_batch(2, "c"), expected_version=2)
        assert whole_turns(first, "s") == ["a", "b", "c"]


@on_backends(*BACKENDS)
def test_a_delete_and_an_append_never_leave_half_a_session(address, backend):
    def delete():
        for _ in range(30):
            backend.delete("s")

    def append():
        with address.open() as other:
            for number in range(30):
                append_next(other, "s", f"{number}")

    threads = [threading.Thread(target=work) for work in (delete, append, append)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole_turns(backend, "s")
    listed = [info.session_id for info in backend.sessions()]
    assert listed == ([] if backend.info("s") is None else ["s"])


@on_backends(*BACKENDS)
async def test_cancelled_appends_leave_the_store_whole(backend):
    for number in range(40):
        task = asyncio.create_task(backend.aappend(f"s{number}", turn_batch(0), expected_version=0))
        for _ in range(number % 8):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await backend.aappend("after", turn_batch(0), expected_version=0)
    await asyncio.sleep(0.2)  # a thread that was begun is not cancelled: let it end
    page = await backend.alist_sessions(limit=100)
    for info in page.sessions:
        assert len((await backend.aload(info.session_id)).rows) == 3
    await backend.aclose()
