"""The embedded stores do what the platform needs, and stay up."""

import asyncio
import os
import secrets
import signal
import socket
from contextlib import closing, suppress
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from codex_tools.testing import Stack, eventually

STORES = ("kafka", "mongo", "postgres", "redis", "traces")


async def test_postgres_keeps_what_is_written(stores: Stack) -> None:
    connection = await asyncpg.connect(stores.document()["postgres"])
    try:
        await connection.execute("CREATE TEMPORARY TABLE kept (word text)")
        await connection.execute("INSERT INTO kept VALUES ($1)", "käse")
        assert await connection.fetchval("SELECT word FROM kept") == "käse"
        assert await connection.fetchval("SHOW fsync") == "on"
    finally:
        await connection.close()


async def test_redis_keeps_what_is_written(stores: Stack) -> None:
    async with Redis.from_url(stores.document()["redis"], decode_responses=True) as redis:
        await redis.set("kept", "yes")
        assert await redis.get("kept") == "yes"
        assert (await redis.config_get("append*"))["appendonly"] == "yes"


async def test_mongo_keeps_what_is_written(stores: Stack) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stores.document()["mongo"])
    try:
        words = client.get_default_database()["words"]
        await words.insert_one({"_id": "kept"})
        assert await words.find_one({"_id": "kept"}) == {"_id": "kept"}
    finally:
        await client.close()


async def test_kafka_delivers_what_is_sent(stores: Stack) -> None:
    servers, topic = stores.document()["kafka"], f"kept-{secrets.token_hex(4)}"
    await _make_topic(servers, topic)
    async with AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"yes", key=b"id")
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, group_id=topic, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
        await consumer.commit()
    assert (record.key, record.value) == (b"id", b"yes")


async def test_kafka_makes_no_topic_by_itself(stores: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stores.document()["kafka"])
    await admin.start()
    try:
        await admin.describe_topics(["never-made"])
        assert "never-made" not in await admin.list_topics()
    finally:
        await admin.close()


async def _make_topic(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    finally:
        await admin.close()


def test_the_file_names_every_address_and_every_process(stores: Stack) -> None:
    document = stores.document()

    assert list(document) == [
        "gateway", "traces", "otlp", "kafka", "postgres", "mongo", "redis", "collab", "services", "stores"
    ]  # fmt: skip
    assert sorted(document["stores"]) == sorted(STORES)
    assert all(set(part) == {"pid", "port", "log"} for part in document["stores"].values())
    assert all(_answers(part["port"]) for part in document["stores"].values())
    assert stores.home.stack_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("store", STORES)
async def test_a_killed_store_is_started_again_on_its_port(stores: Stack, store: str) -> None:
    before = stores.document()["stores"][store]

    os.kill(before["pid"], signal.SIGKILL)

    await eventually(lambda: stores.pid(store) not in {before["pid"], None}, 5)
    await eventually(lambda: _answers(before["port"]), 15)
    assert stores.document()["stores"][store] == {**before, "pid": stores.pid(store)}


async def test_a_killed_postgres_has_lost_nothing(stores: Stack) -> None:
    connection = await _connected(stores.document()["postgres"], within=15)
    await connection.execute("CREATE TABLE survivor (n int); INSERT INTO survivor VALUES (7)")
    killed = stores.pid("postgres")
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: stores.pid("postgres") not in {killed, None}, 5)

    again = await _connected(stores.document()["postgres"], within=15)
    try:
        assert await again.fetchval("SELECT n FROM survivor") == 7
    finally:
        await again.close()


async def _connected(url: str, *, within: float) -> asyncpg.Connection:
    """A connection as soon as the server takes one: it refuses while it recovers."""
    async with asyncio.timeout(within):
        while True:
            with suppress(OSError, asyncpg.CannotConnectNowError):
                return await asyncpg.connect(url)
            await asyncio.sleep(0.05)


async def test_a_second_up_says_so_and_changes_nothing(stores: Stack) -> None:
    before = stores.document()

    outcome = await stores.codex("up", "--stores-only")

    assert outcome.status == 0
    assert "already runs" in outcome.text
    assert stores.document() == before


async def test_status_shows_every_part(stores: Stack) -> None:
    await eventually(lambda: all(_answers(part["port"]) for part in stores.document()["stores"].values()), 15)

    outcome = await stores.codex("status")

    assert outcome.status == 0
    assert all(f"{store} " in outcome.text for store in (*STORES, "supervisor"))
    assert "\x1b" not in outcome.text


async def test_logs_shows_one_part_by_its_name(stores: Stack) -> None:
    outcome = await stores.codex("logs", "postgres", "-n", "100")
    assert "ready to accept connections" in outcome.text

    unknown = await stores.codex("logs", "nobody")
    assert (unknown.status, "There is no log nobody" in unknown.text) == (1, True)


def _answers(port: int) -> bool:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        return True
