"""PostgreSQL: one pool a service, and migrations that run once however many replicas start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import asyncpg
import structlog

log = structlog.get_logger()

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    _PlainConnection = asyncpg.Connection[asyncpg.Record]
else:  # generic in the stubs alone
    Pool, _PlainConnection = asyncpg.Pool, asyncpg.Connection

OUTAGES: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)

_TABLE = "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, ran_at timestamptz DEFAULT now())"
_LOCK = 0x636F646578  # "codex": one key for all our migrations


class _Connection(_PlainConnection):
    """Skips the reset that the pool does at every release: we hold no session state, and it costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def open_postgres(dsn: str, *, connections: int = 10, timeout: float = 3.0) -> AsyncIterator[Pool]:
    """A pool of at most ``connections`` connections; a statement may take ``timeout`` seconds."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=2,
        max_size=connections,
        command_timeout=timeout,
        timeout=timeout,
        connection_class=_Connection,
    )
    try:
        yield pool
    finally:
        async with asyncio.timeout(timeout):
            await pool.close()


async def migrate(pool: Pool, migrations: Traversable) -> None:
    """Run the numbered ``*.sql`` files that have not run yet, in order, in one transaction, under a lock."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(_TABLE)
        ran = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
        for file in sorted(migrations.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql") and file.name not in ran:
                await connection.execute(file.read_text())
                await connection.execute("INSERT INTO migrations (name) VALUES ($1)", file.name)
                log.info("migrated", migration=file.name)
