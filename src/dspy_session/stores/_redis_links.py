"""Connections to a Redis server: one pool for threads, and one for each event loop."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.backoff
import redis.exceptions
import redis.retry

from ..errors import ArgumentError, StoreError, StoreUnavailableError
from ._per_loop import PerLoop

Command = tuple[Any, ...]

_CONNECTIONS = 16
"""At most, for all threads together and again for each event loop; beyond that calls wait."""
_SETTINGS: dict[str, Any] = {
    "max_connections": _CONNECTIONS,
    "socket_connect_timeout": 10,
    "socket_timeout": 30,
    "health_check_interval": 30,
}
_REFUSALS = (
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.NoPermissionError,
)
_REFUSED = ("MISCONF", "NOREPLICAS", "MASTERDOWN")
"""How other answers begin by which a server says that it cannot write just now."""


def _retries() -> dict[str, Any]:
    return {"backoff": redis.backoff.ExponentialBackoff(cap=0.5, base=0.02), "retries": 3}


class Links:
    """Sends commands, from threads and from event loops.

    A command that was sent on a connection that broke is sent again: those of the store may be.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._closed = False
        try:
            self._client = redis.Redis.from_pool(
                redis.BlockingConnectionPool.from_url(
                    url, timeout=_SETTINGS["socket_timeout"],
                    retry=redis.retry.Retry(**_retries()), **_SETTINGS,
                )
            )  # fmt: skip
        except ValueError as problem:
            msg = f"a Redis URL is redis://[user:password@]host:port/number: {problem}"
            raise ArgumentError(msg) from None
        self._clients = PerLoop(self._connect, _disconnect)

    def _connect(self) -> redis.asyncio.Redis:
        return redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(
                self._url, timeout=_SETTINGS["socket_timeout"],
                retry=redis.asyncio.retry.Retry(**_retries()), **_SETTINGS,
            )
        )  # fmt: skip

    @property
    def place(self) -> str:
        """Where the server is, without passwords."""
        settings = self._client.connection_pool.connection_kwargs
        address = settings.get("path") or f"{settings.get('host')}:{settings.get('port')}"
        return f"{address}/{settings.get('db', 0)}"

    def send(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one go, as a transaction when there are several; return the answers."""
        with self._told():
            if len(commands) == 1:
                return [self._client.execute_command(*commands[0])]
            with self._client.pipeline(transaction=True) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return pipe.execute()

    async def asend(self, commands: Sequence[Command]) -> list[Any]:
        """The same as :meth:`send`, awaited."""
        with self._told():
            client = await self._clients.get()
            if len(commands) == 1:
                return [await client.execute_command(*commands[0])]
            async with client.pipeline(transaction=True) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return await pipe.execute()

    def close(self) -> None:
        """Close the connections of all threads and loops."""
        self._closed = True
        self._clients.close()
        self._client.connection_pool.disconnect()

    async def aclose(self) -> None:
        """Close the connections of all threads and of the running loop."""
        self._closed = True
        await self._clients.aclose()
        self.close()

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        """Turn the driver's errors into the store's."""
        if self._closed:
            msg = f"the store at {self.place} is closed; open it again to go on"
            raise StoreUnavailableError(msg)
        try:
            yield
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as problem:
            msg = f"the Redis server at {self.place} cannot be reached: {problem}"
            raise StoreUnavailableError(msg) from problem
        except redis.exceptions.RedisError as problem:
            if isinstance(problem, _REFUSALS) or str(problem).startswith(_REFUSED):
                msg = f"the Redis server at {self.place} refuses: {problem}"
                raise StoreUnavailableError(msg) from problem
            msg = f"the Redis server at {self.place} answers with an error: {problem}"
            raise StoreError(msg) from problem


async def _disconnect(client: redis.asyncio.Redis) -> None:
    await client.aclose(close_connection_pool=True)
