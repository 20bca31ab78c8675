"""Every store, and a session on one."""

from __future__ import annotations

import dspy
import pytest

from dspy_session import sessionify
from dspy_session.stores import (
    MemorySessionStore,
    RedisSessionStore,
    SQLiteSessionStore,
    SQLSessionStore,
)


@pytest.fixture(params=["memory", "sqlite", "redis", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        store = MemorySessionStore()
    elif request.param == "sqlite":
        store = SQLiteSessionStore(tmp_path / "chats.db")
    elif request.param == "redis":
        url = request.getfixturevalue("redis_server_url")
        store = RedisSessionStore(url, request.getfixturevalue("redis_prefix"))
    else:
        store = SQLSessionStore(request.getfixturevalue("postgres_url"))
    with store:
        yield store


@pytest.fixture
def chat(store):
    return sessionify(dspy.Predict("question -> answer"), store=store)
