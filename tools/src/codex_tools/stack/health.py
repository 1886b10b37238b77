"""A real round trip to each kind of part: that it accepts a connection is not enough."""

import logging
from http import HTTPStatus

import asyncpg
import grpc
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure
from redis.asyncio import Redis

from codex_tools.stack.errors import StackError, UnsoundError
from codex_tools.stack.part import Check

_INTERNAL_ERROR = 1  # MongoDB's code


def postgres(url: str) -> Check:
    async def check() -> None:
        connection = await asyncpg.connect(url, timeout=3)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close(timeout=1)

    return check


def redis(url: str) -> Check:
    async def check() -> None:
        client = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        try:
            await client.ping()
        finally:
            await client.aclose()

    return check


def kafka(servers: str) -> Check:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def check() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=3000)
        try:
            await admin.start()
            await admin.list_topics()
        finally:
            await admin.close()

    return check


def mongo(uri: str) -> Check:
    """A read: a server whose storage engine has given itself up (a full disk makes it) still answers ``hello``.

    MongoDB ends itself then, the stand-in does not, and fails whatever touches storage. What such a server answers
    becomes an UnsoundError.
    """

    async def check() -> None:
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(uri, serverSelectionTimeoutMS=1000)
        try:
            await client.get_default_database("codex")["health"].find_one()
        except OperationFailure as error:
            if error.code != _INTERNAL_ERROR:
                raise
            raise UnsoundError("MongoDB can read nothing any more.") from error
        finally:
            await client.close()

    return check


def grpc_health(target: str) -> Check:
    """The standard health service, asked about the server as a whole."""

    async def check() -> None:
        async with grpc.aio.insecure_channel(target) as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise StackError(f"{target} is not serving.")

    return check


def http(url: str) -> Check:
    """A GET that must answer 200; what it says otherwise becomes the reason."""

    async def check() -> None:
        try:
            async with httpx.AsyncClient(timeout=4, trust_env=False) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            raise StackError(f"{url}: {type(error).__name__}") from error
        if answer.status_code != HTTPStatus.OK:
            raise StackError(f"{url} answers {answer.status_code}: {answer.text[:500]}")

    return check
