"""MongoDB: how it is reached, which failures are outages, and what may be repeated."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, ConnectionFailure, DuplicateKeyError, ServerSelectionTimeoutError

log = structlog.get_logger()

__all__ = ["OUTAGES", "Collection", "Database", "DuplicateKeyError", "aggregate", "open_mongo", "repeated"]

OUTAGES: tuple[type[Exception], ...] = (ConnectionFailure,)

Document = dict[str, Any]
Collection = AsyncCollection[Document]
Database = AsyncDatabase[Document]

T = TypeVar("T")


@asynccontextmanager
async def open_mongo(uri: str, *, timeout: float = 2.0) -> AsyncIterator[Database]:
    """The database that ``uri`` names; an operation fails when no server can be had for ``timeout`` seconds."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        uri,
        serverSelectionTimeoutMS=int(timeout * 1000),
        connectTimeoutMS=int(timeout * 1000),
        socketTimeoutMS=10_000,
        waitQueueTimeoutMS=int(timeout * 1000),
        tz_aware=True,
        appname="codex",
    )
    try:
        yield client.get_default_database("codex")
    finally:
        await client.close()


async def repeated(operation: Callable[[], Awaitable[T]], *, times: int = 3) -> T:
    """Run an idempotent operation, again when its connection broke, not when there is no server to be had.

    The driver's own repetition needs server sessions that not every server keeps cheaply, so it may be switched off in
    the URI; what is repeated here is idempotent by its ``_id`` or its condition.
    """
    for attempt in range(1, times):
        try:
            return await operation()
        except ServerSelectionTimeoutError:
            raise  # the driver has waited already, and callers have deadlines
        except AutoReconnect as error:
            log.warning("database connection broke", attempt=attempt, error=repr(error))
            await asyncio.sleep(0.05 * attempt)
    return await operation()


async def aggregate(collection: Collection, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
    """All documents that a pipeline gives."""
    cursor = await collection.aggregate(pipeline)
    return await cursor.to_list(length=None)
