"""The stores that need no server, and a session on one."""

from __future__ import annotations

import dspy
import pytest

from dspy_session import sessionify
from dspy_session.stores import MemorySessionStore, SQLiteSessionStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        store = MemorySessionStore()
    else:
        store = SQLiteSessionStore(tmp_path / "chats.db")
    with store:
        yield store


@pytest.fixture
def chat(store):
    return sessionify(dspy.Predict("question -> answer"), store=store)
