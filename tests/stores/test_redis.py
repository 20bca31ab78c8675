"""Redis keeps the contract, and what only Redis has: prefixes, times to live, one slot."""

from __future__ import annotations

import pytest

from dspy_session.stores import RedisSessionStore
from dspy_session.stores.contract import StoreContract


class TestRedis(StoreContract):
    @pytest.fixture
    def store(self, redis_server_url, redis_prefix):
        with RedisSessionStore(redis_server_url, redis_prefix) as store:
            yield store
