"""The shipped contract, run on the backends that need no server."""

from __future__ import annotations

import pytest

from dspy_session.stores import MemorySessionStore, SQLiteSessionStore
from dspy_session.stores.contract import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        with MemorySessionStore() as store:
            yield store


class TestSQLite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with SQLiteSessionStore(tmp_path / "sessions.db") as store:
            yield store
