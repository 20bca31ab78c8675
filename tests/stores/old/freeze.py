"""Writes the stores that ``test_old_stores`` reads: run it once when a store's version goes up.

    PYTHONPATH=tests python tests/stores/old/freeze.py

Never write a file of an older version again: it is what that version left behind.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import dspy
import psycopg
import redis
from psycopg import sql
from support.servers import PostgresServer, RedisServer

from dspy_session import with_memory
from dspy_session.demo import LOGIN_TROUBLE, SupportAgent, demo_lm, helpful
from dspy_session.stores import (
    RedisSessionStore,
    SessionStore,
    SQLiteSessionStore,
    SQLSessionStore,
    _redis_scripts,
    _sql_tables,
    _sqlite_schema,
)

HERE = Path(__file__).parent


def talk(store: SessionStore) -> None:
    """Fill a store with a bit of everything."""
    with dspy.context(lm=demo_lm()):
        program = with_memory(SupportAgent(), store=store)
        metadata = {"channel": "web", "stars": 5}
        chat = program.open("old", user_id="mia", metadata=metadata)
        for question in LOGIN_TROUBLE[:3]:
            chat(question=question)
        chat.edit_turn(0, outputs={"reply": "Hi Mia! \x00é🙂"}, note="shorter", label="corrected")
        chat.score(helpful)
        chat.fork(at=1, name="what-if")(question=LOGIN_TROUBLE[3])
        chat.undo()
        program.open("plain", user_id="bob")
    store.archive("plain")


def freeze_sqlite() -> None:
    path = HERE / f"sqlite-{_sqlite_schema.VERSION}.db"
    path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with SQLiteSessionStore(Path(folder) / "old.db") as store:
            talk(store)
        shutil.copy(Path(folder) / "old.db", path)


def freeze_redis() -> None:
    path = HERE / f"redis-{_redis_scripts.VERSION}.json"
    with (
        RedisServer(RedisServer.programs()[0]) as server,
        RedisSessionStore(server.url, "old:") as store,
        redis.Redis.from_url(server.url) as link,
    ):
        talk(store)
        dumped = []
        for key in sorted(link.scan_iter()):
            kind = link.type(key).decode()
            if kind == "hash":
                value = [
                    [text(field), text(one)] for field, one in sorted(link.hgetall(key).items())
                ]
            elif kind == "zset":
                value = [
                    [text(one), place] for one, place in link.zrange(key, 0, -1, withscores=True)
                ]
            else:
                value = text(link.get(key))
            dumped.append([kind, text(key), value])
    path.write_text(json.dumps(dumped, indent=1) + "\n", encoding="utf-8")


def text(found: bytes) -> str:
    return found.decode("utf-8")


def freeze_postgres() -> None:
    version = _sql_tables.VERSION
    path = HERE / f"postgresql-{version}.sql"
    with (
        PostgresServer(PostgresServer.folders()[0]) as server,
        SQLSessionStore(server.url) as store,
        psycopg.connect(server.url) as link,
    ):
        talk(store)
        lines = [one.strip().format(name="sessions") for step in _sql_tables._STEPS for one in step]
        lines.append(f'UPDATE "sessions_schema" SET version = {version}')  # noqa: S608
        for table in ("sessions", "sessions_rows", "sessions_metadata"):
            for row in link.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))):
                values = sql.SQL(", ").join(sql.Literal(value) for value in row).as_string(link)
                begin = f'INSERT INTO "{table}" OVERRIDING SYSTEM VALUE'
                lines.append(f"{begin} VALUES ({values})")
        place = link.execute("SELECT max(place) FROM sessions").fetchone()[0]
        lines.append(f"SELECT setval('\"sessions_place\"', {place})")
        lines.append(f'ALTER TABLE "sessions" ALTER COLUMN id RESTART WITH {place + 1}')
    path.write_text("\n;;\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze_sqlite()
    freeze_redis()
    freeze_postgres()
