"""Stores behind TLS are reached by their settings alone, and only where their certificate is for them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from redis.exceptions import ConnectionError as RedisDown

from codex_service import mongo, postgres, redis
from codex_service.tls import Tls
from codex_testing.stores import Store

Issue = Callable[[str], Tls]
Prelude = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Ports of one store that speak TLS. The one shows a certificate for 127.0.0.1, the other one for elsewhere."""

    ca: Path
    right: str
    wrong: str


@pytest.fixture
def ours(new_authority: Callable[[], Issue]) -> Issue:
    return new_authority()


@asynccontextmanager
async def doors(url: str, issue: Issue, folder: Path, prelude: Prelude | None = None) -> AsyncIterator[Doors]:
    """Opens two doors before the store at ``url``; ``prelude`` is what is said before TLS begins."""
    (folder / "ca").write_bytes(issue("any").authority)
    async with (
        await _door(url, _context(issue("127.0.0.1"), folder), prelude) as right,
        await _door(url, _context(issue("elsewhere"), folder), prelude) as wrong,
    ):
        yield Doors(ca=folder / "ca", right=_address(right), wrong=_address(wrong))


def _context(tls: Tls, folder: Path) -> ssl.SSLContext:
    (folder / "pem").write_bytes(tls.certificate + tls.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    return context


async def _door(url: str, context: ssl.SSLContext, prelude: Prelude | None) -> asyncio.Server:
    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if prelude:
                await prelude(reader, writer)
            await writer.start_tls(context)
            parts = urlsplit(url)
            inner_reader, inner_writer = await asyncio.open_connection(parts.hostname, parts.port)
        except (OSError, EOFError):  # the client did not like what it saw
            writer.close()
            return
        await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))

    return await asyncio.start_server(enter, "127.0.0.1", 0)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def _address(server: asyncio.Server) -> str:
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_redis(ours: Issue, tmp_path: Path, redis_store: Store) -> None:
    async def ping(address: str) -> None:
        url = f"rediss://{address}/0?ssl_ca_certs={tmp_path / 'ca'}"
        async with redis.open_redis(url) as client:
            assert await client.ping()

    async with doors(redis_store.url, ours, tmp_path) as stores:
        await ping(stores.right)
        with pytest.raises(RedisDown, match="certificate"):
            await ping(stores.wrong)


async def test_postgresql(ours: Issue, tmp_path: Path, postgres_store: Store) -> None:
    async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest
        writer.write(b"S")

    async def ask(address: str) -> int:
        inner = urlsplit(postgres_store.url)
        credentials, _, _ = inner.netloc.rpartition("@")
        url = f"postgresql://{credentials}@{address}{inner.path}?sslmode=verify-full&sslrootcert={tmp_path / 'ca'}"
        async with postgres.open_postgres(url) as pool:
            answer: int = await pool.fetchval("SELECT 1")
            return answer

    async with doors(postgres_store.url, ours, tmp_path, agree) as stores:
        assert await ask(stores.right) == 1
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(stores.wrong)


async def test_mongodb(ours: Issue, tmp_path: Path, mongo_store: Store) -> None:
    async def ping(address: str) -> None:
        url = f"mongodb://{address}/codex?directConnection=true&tls=true&tlsCAFile={tmp_path / 'ca'}"
        async with mongo.open_mongo(url) as database:
            await database.command("ping")

    async with doors(mongo_store.url, ours, tmp_path) as stores:
        await ping(stores.right)
        with pytest.raises(ServerSelectionTimeoutError, match="certificate"):
            await ping(stores.wrong)
