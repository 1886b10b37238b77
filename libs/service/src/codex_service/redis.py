"""Redis: one client a service, scripts that survive its restart."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, NoScriptError, TimeoutError  # noqa: A004 (redis's names)

OUTAGES: tuple[type[Exception], ...] = (ConnectionError, TimeoutError, BusyLoadingError)

RedisClient = Redis


@asynccontextmanager
async def open_redis(url: str, *, connections: int = 32, timeout: float = 2.0) -> AsyncIterator[RedisClient]:
    """A client with at most ``connections`` connections; a command that gets no answer in ``timeout`` seconds fails.

    Values are bytes. A broken connection is replaced once within the same command.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[ConnectionError],
    )
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()


class Script:
    """A Lua script called by its hash, loaded before the service is ready and again after a restart of Redis."""

    def __init__(self, client: RedisClient, source: str) -> None:
        self._client = client
        self._source = source
        self._sha = ""

    async def load(self) -> None:
        """Teach Redis the script."""
        self._sha = await self._client.script_load(self._source)

    async def __call__(self, keys: Sequence[str | bytes], args: Sequence[str | bytes | int | float]) -> Any:
        """Run the script; raises what the client raises."""
        try:
            return await self._client.evalsha(self._sha, len(keys), *keys, *args)
        except NoScriptError:
            await self.load()
            return await self._client.evalsha(self._sha, len(keys), *keys, *args)


async def wait_for_redis(client: RedisClient, *, patience: float = 30.0) -> None:
    """Return when Redis answers; raises TimeoutError after ``patience`` seconds."""
    async with asyncio.timeout(patience):
        while True:
            try:
                await client.ping()
            except OUTAGES:
                await asyncio.sleep(0.05)
            else:
                return
