"""Every backend that outlives a process, as an address that other processes can open too."""

from __future__ import annotations

import dataclasses
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dspy_session import stores
from dspy_session.errors import SessionConflictError
from dspy_session.stores import Batch, Row, SessionStore

BACKENDS = ("sqlite", "redis", "postgresql", "sqlite by sqlalchemy")

# Forked from a process that has imported the package once: eight start as fast as one.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["pytest", "psycopg", "dspy_session.stores.redis", "dspy_session.stores.sql"]
)


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a store is; ``open`` it as often as you like."""

    backend: str
    kind: str
    arguments: tuple[Any, ...]

    def open(self, **more: Any) -> SessionStore:
        return getattr(stores, self.kind)(*self.arguments, **more)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Address:
    """An empty store; give the backend by indirect parametrization, see ``on_backends``."""
    backend = request.param
    if backend == "redis":
        url = request.getfixturevalue("redis_server_url")
        prefix = request.getfixturevalue("redis_prefix")
        return Address(backend, "RedisSessionStore", (url, prefix))
    if backend == "postgresql":
        return Address(backend, "SQLSessionStore", (request.getfixturevalue("postgres_url"),))
    path = request.getfixturevalue("tmp_path") / "sessions.db"
    if backend == "sqlite":
        return Address(backend, "SQLiteSessionStore", (path,))
    return Address(backend, "SQLSessionStore", (f"sqlite:///{path}",))


@pytest.fixture
def backend(address: Address) -> Iterator[SessionStore]:
    """The store at the address."""
    with address.open() as opened:
        yield opened


def on_backends(*backends: str) -> pytest.MarkDecorator:
    """Run a test that takes ``address`` on these backends."""
    return pytest.mark.parametrize("address", backends, indirect=True)


def turn_batch(number: int, said: str = "") -> Batch:
    """A turn as several rows, so that half of one would show."""
    rows = [
        Row("turn", f"0:{number}", f'"{said}{"x" * 2_000}"', said),
        Row("branch", "0", f"{number}"),
    ]
    return Batch([*rows, Row("state", f"{number}", f'"{said}"')], info={"turns": number + 1})


def append_next(store: SessionStore, session_id: str, said: str) -> int:
    """Append a turn behind those that are there, however many others do the same at once."""
    while True:
        present = store.info(session_id)
        version = 0 if present is None else present.version
        try:
            store.append(session_id, turn_batch(version, said), expected_version=version)
        except SessionConflictError:
            continue
        return version


def whole_turns(store: SessionStore, session_id: str) -> list[str]:
    """Return what each turn said, in order; no turn is torn, missing or there twice."""
    stored = store.load(session_id)
    if stored is None:
        return []
    bodies = {(row.kind, row.key): row.body for row in stored.rows}
    count = stored.info.version
    assert stored.info.turns == count
    assert bodies["branch", "0"] == f"{count - 1}"
    assert len(bodies) == len(stored.rows) == 2 * count + 1
    said = [bodies["state", f"{number}"].strip('"') for number in range(count)]
    turns = [bodies["turn", f"0:{number}"].strip('"') for number in range(count)]
    assert turns == [one + "x" * 2_000 for one in said]
    return said


def in_processes(work: Callable[..., None], *arguments: tuple[Any, ...]) -> None:
    """Do some work in as many processes as there are arguments, all at once; none may fail."""
    running = [PROCESSES.Process(target=work, args=one) for one in arguments]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
    assert [process.exitcode for process in running] == [0] * len(running)
