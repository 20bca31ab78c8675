"""What tests let other processes do to a store; such a process imports functions by name."""

from __future__ import annotations

from multiprocessing.connection import Connection

from dspy_session.errors import SessionConflictError
from dspy_session.stores import Batch, Row

from .stores import Address, append_next, turn_batch


def write_until_killed(address: Address, acknowledged: Connection) -> None:
    """Append turns to a session, and send the number of each that was acknowledged."""
    with address.open() as store:
        for number in range(1_000_000):
            acknowledged.send(append_next(store, "s", f"{number}"))


def append_many(address: Address, writer: int, turns: int) -> None:
    """Append turns to a session that others append to as well."""
    with address.open() as store:
        for turn in range(turns):
            append_next(store, "shared", f"{writer}-{turn}")


def begin(address: Address, writer: int) -> None:
    """Begin a session of one's own and one that others want to begin; who does, leaves a note."""
    with address.open() as store:
        store.append(f"own-{writer}", turn_batch(0), expected_version=0)
        try:
            store.append("shared", turn_batch(0, f"{writer}"), expected_version=0)
        except SessionConflictError:
            return
        store.append("winner", Batch([Row("state", "number", f"{writer}")]), expected_version=0)
