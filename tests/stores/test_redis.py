"""Redis keeps the contract, and what only Redis has: prefixes, times to live, one slot."""

from __future__ import annotations

import datetime
import time

import pytest
import redis
from support.servers import RedisServer, free_port
from support.stores import turn_batch, whole_turns

from dspy_session.errors import (
    ArgumentError,
    ArgumentTypeError,
    DamagedRowError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
)
from dspy_session.stores import Batch, RedisSessionStore, Row, open_store
from dspy_session.stores.contract import StoreContract


class TestRedis(StoreContract):
    @pytest.fixture
    def store(self, redis_server_url, redis_prefix):
        with RedisSessionStore(redis_server_url, redis_prefix) as store:
            yield store


class TestRedisWithATimeToLive(StoreContract):
    @pytest.fixture
    def store(self, redis_server_url, redis_prefix):
        with RedisSessionStore(redis_server_url, redis_prefix, ttl=600) as store:
            yield store


@pytest.fixture
def server(redis_server_url):
    with redis.Redis.from_url(redis_server_url, decode_responses=True) as link:
        yield link


def keys_of(server, prefix, session_id=""):
    return sorted(key for key in server.scan_iter(f"{prefix}*") if key.endswith(session_id))


# --- time to live ---------------------------------------------------------------------------------


def test_all_keys_of_a_session_end_at_the_same_moment(server, redis_server_url, redis_prefix):
    with RedisSessionStore(redis_server_url, redis_prefix, ttl=1_000) as store:
        store.append("alice", turn_batch(0, "said"), expected_version=0)
        keys = keys_of(server, redis_prefix, ":alice")
        ends = {server.pexpiretime(key) for key in keys}
        assert len(keys) == 5  # the head, three kinds of rows, and the texts
        assert len(ends) == 1
        assert time.time() * 1000 < min(ends) <= (time.time() + 1_000) * 1000


def test_a_write_renews_the_time_of_all_keys(server, redis_server_url, redis_prefix):
    with RedisSessionStore(redis_server_url, redis_prefix, ttl=60) as store:
        store.append("s", turn_batch(0, "said"), expected_version=0)
    day = datetime.timedelta(days=1)
    with RedisSessionStore(redis_server_url, redis_prefix, ttl=day) as store:
        # This one writes no turn, so the rows are not touched otherwise.
        store.append("s", Batch([Row("note", "0", "1")]), expected_version=1)
        left = {server.pttl(key) for key in keys_of(server, redis_prefix, ":s")}
        assert min(left) > 86_000_000
    with RedisSessionStore(redis_server_url, redis_prefix) as store:
        store.archive("s")
        assert {server.pttl(key) for key in keys_of(server, redis_prefix, ":s")} == {-1}


def test_what_has_ended_is_gone_from_everywhere(server, redis_server_url, redis_prefix):
    with (
        RedisSessionStore(redis_server_url, redis_prefix, ttl=0.3) as brief,
        RedisSessionStore(redis_server_url, redis_prefix) as lasting,
    ):
        for number in range(5):
            batch = Batch([Row("turn", "0:0", "x", "said")], info={"user_id": f"u{number % 2}"})
            brief.append(f"s{number}", batch, expected_version=0)
        lasting.append("kept", Batch(info={"user_id": "u0"}), expected_version=0)
        while brief.info("s4") is not None:
            time.sleep(0.02)
        assert brief.load("s0") is None
        assert brief.rows("s0", ["turn"]) == []
        assert [info.session_id for info in brief.sessions(user_id="u0")] == ["kept"]
        assert [info.session_id for info in brief.sessions(limit=2)] == ["kept"]
        assert [info.session_id for info in brief.sessions(text="said")] == []
        left = [key for key in keys_of(server, redis_prefix) if not key.endswith(":kept")]
        assert [key.rpartition("}:")[2] for key in left] == ["place", "places", "schema", "user:u0"]
        assert brief.append("s0", turn_batch(0), expected_version=0) == 1


def test_sessions_that_nobody_lists_leave_nothing_behind(server, redis_server_url, redis_prefix):
    with RedisSessionStore(redis_server_url, redis_prefix, ttl=0.05) as store:
        for number in range(60):
            batch = Batch(info={"user_id": f"u{number}"})
            store.append(f"s{number}", batch, expected_version=0)
            time.sleep(0.01)
        time.sleep(0.1)
        for number in range(60, 80):
            store.append(f"s{number}", Batch(), expected_version=0)
        [places] = [key for key in keys_of(server, redis_prefix) if key.endswith(":places")]
        assert server.zcard(places) < 60


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), datetime.timedelta(0)])
def test_a_time_that_is_none_is_refused(ttl):
    with pytest.raises(ArgumentError, match="above zero"):
        RedisSessionStore(ttl=ttl)


def test_wrong_arguments_are_refused():
    for wrong in ({"ttl": "60"}, {"ttl": True}, {"url": None}, {"prefix": 1}):
        with pytest.raises(ArgumentTypeError):
            RedisSessionStore(**wrong)
    for wrong in ({"url": "http://localhost"}, {"prefix": ""}, {"prefix": "a\x00"}):
        with pytest.raises(ArgumentError):
            RedisSessionStore(**wrong)


# --- prefixes -------------------------------------------------------------------------------------

PREFIXES = ["a", "a:", "a*", "*", "?", "[a]", "{a}", "}{", "{}", "a{", "a:head:", "\\", "é", "'"]


def test_no_prefix_reaches_anothers_sessions(server, redis_server_url, redis_prefix):
    opened = [RedisSessionStore(redis_server_url, redis_prefix + one) for one in PREFIXES]
    for number, store in enumerate(opened):
        for session_id in ("s", "head:s", "}:s"):
            store.append(session_id, turn_batch(0, f"{number}"), expected_version=0)
    for number, store in enumerate(opened):
        assert whole_turns(store, "s") == [f"{number}"]
        assert store.clear_all(confirm=True) == 3
        left = [len(list(other.sessions())) for other in opened]
        assert left == [0] * (number + 1) + [3] * (len(opened) - number - 1)
    for store in opened:
        store.close()


def test_clearing_leaves_what_is_not_the_stores(server, redis_server_url, redis_prefix):
    server.set(f"{redis_prefix}other", "kept")
    with RedisSessionStore(redis_server_url, redis_prefix) as store:
        for number in range(450):
            store.append(f"s{number}", turn_batch(0), expected_version=0)
        assert store.clear_all(confirm=True) == 450
    left = keys_of(server, redis_prefix)
    assert len(left) == 3  # the other key, the counter and the version
    assert server.get(f"{redis_prefix}other") == "kept"


# --- the server -----------------------------------------------------------------------------------


def test_every_key_lies_in_one_slot_of_a_cluster():
    class Cluster(RedisServer):
        def command(self):
            cluster = ["--cluster-enabled", "yes", "--cluster-port", str(self.cluster_port)]
            return [*super().command(), *cluster]

        cluster_port = free_port()

    with (
        Cluster(RedisServer.programs()[0]) as node,
        redis.Redis.from_url(node.url, decode_responses=True) as link,
        RedisSessionStore(node.url, "chats:", ttl=60) as store,
    ):
        link.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while "cluster_state:ok" not in str(link.execute_command("CLUSTER", "INFO")):
            time.sleep(0.05)
        store.append("s", turn_batch(0, "said"), expected_version=0)
        assert whole_turns(store, "s") == ["said"]
        assert len(store.rows("s", ["turn"], [("state", "0")])) == 2
        assert len(store.list_sessions(text="said").sessions) == 1
        keys = list(link.scan_iter())
        assert len({link.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}) == 1
        assert store.delete("s")


def test_a_damaged_session_is_named_and_the_others_stay_readable(
    server, redis_server_url, redis_prefix
):
    with RedisSessionStore(redis_server_url, redis_prefix) as store:
        for session_id in ("a", "b", "c"):
            store.append(session_id, turn_batch(0), expected_version=0)
        for damage in ("{", "null", '{"version": 1}', "[]", b"\xff\xfe"):
            [head] = [key for key in keys_of(server, redis_prefix, ":b") if "head" in key]
            server.hset(head, "info", damage)
            with pytest.raises(DamagedRowError, match="session 'b' is damaged"):
                store.info("b")
            assert whole_turns(store, "a") == [""]
        server.delete(head)
        server.set(head, "not ours")
        with pytest.raises(StoreError, match="WRONGTYPE"):
            store.info("b")


def test_a_damaged_session_can_be_taken_away(server, redis_server_url, redis_prefix):
    with RedisSessionStore(redis_server_url, redis_prefix) as store:
        store.append("b", turn_batch(0, "said"), expected_version=0)
        [head] = [key for key in keys_of(server, redis_prefix, ":b") if "head" in key]
        server.hset(head, "info", "{")
        assert store.delete("b") is True
        assert keys_of(server, redis_prefix, ":b") == []


def test_a_newer_layout_is_not_touched(server, redis_server_url, redis_prefix):
    with RedisSessionStore(redis_server_url, redis_prefix) as old:
        old.append("s", turn_batch(0), expected_version=0)
        [schema] = [key for key in keys_of(server, redis_prefix) if key.endswith("schema")]
        server.set(schema, 2)
        # A process that began before the other was updated, and one that begins now.
        with pytest.raises(StoreVersionError, match="version 2"):
            old.append("s", turn_batch(1), expected_version=1)
        with RedisSessionStore(redis_server_url, redis_prefix) as new:
            for use in (
                new.list_sessions,
                new.migrate,
                lambda: new.info("s"),
                lambda: new.load("s"),
            ):
                with pytest.raises(StoreVersionError, match="install a newer one"):
                    use()
        server.set(schema, 1)
        assert whole_turns(old, "s") == [""]


def test_a_server_out_of_memory_refuses_and_keeps_what_it_has():
    with (
        RedisServer(RedisServer.programs()[0]) as node,
        redis.Redis.from_url(node.url) as link,
        RedisSessionStore(node.url) as store,
    ):
        store.append("s", turn_batch(0), expected_version=0)
        link.config_set("maxmemory", "1kb")
        with pytest.raises(StoreUnavailableError, match="refuses.*maxmemory"):
            store.append("s", turn_batch(1), expected_version=1)
        assert whole_turns(store, "s") == [""]
        link.config_set("maxmemory", "0")
        assert store.append("s", turn_batch(1), expected_version=1) == 2


def test_passwords_are_not_shown():
    with open_store("redis://user:hidden@localhost:1/3") as store:
        assert repr(store) == "RedisSessionStore('localhost:1/3', prefix='dspy-session:')"
        with pytest.raises(StoreUnavailableError, match="localhost:1/3") as caught:
            store.info("s")
        assert "hidden" not in str(caught.value)
