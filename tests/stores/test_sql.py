"""PostgreSQL keeps the contract, and so does SQLite by the same statements."""

from __future__ import annotations

import pytest

from dspy_session.stores import SQLSessionStore
from dspy_session.stores.contract import StoreContract


class TestPostgreSQL(StoreContract):
    @pytest.fixture
    def store(self, postgres_url):
        with SQLSessionStore(postgres_url) as store:
            yield store


class TestSQLiteBySQLAlchemy(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with SQLSessionStore(f"sqlite:///{tmp_path}/sessions.db") as store:
            yield store
