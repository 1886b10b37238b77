"""The producer: acknowledged by all replicas, never waiting longer than it says; a record may arrive twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata

from codex_service.errors import DependencyUnavailable
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.connections import mend_writes

log = structlog.get_logger()

OUTAGES: tuple[type[Exception], ...] = (KafkaError,)


class Producer:
    """Sends records; tracing puts its headers in at ``AIOKafkaProducer.send``."""

    def __init__(self, producer: AIOKafkaProducer, *, patience: float = 2.0) -> None:
        self._producer = producer
        self._patience = patience

    async def send(
        self,
        topic: str,
        *,
        key: str,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> asyncio.Future[RecordMetadata]:
        """Hand a record over; the future is done when the broker has it on disk.

        Its key decides the partition, unless one is given.

        Raises:
            DependencyUnavailable: there was no room for it within the patience (seconds).
        """
        try:
            async with asyncio.timeout(self._patience):
                acknowledged: asyncio.Future[RecordMetadata] = await self._producer.send(
                    topic, value, key=key.encode() or None, partition=partition, headers=list(headers)
                )
        except (TimeoutError, KafkaError) as error:
            raise DependencyUnavailable("the broker takes no records") from error
        return acknowledged

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return len(await self._producer.partitions_for(topic))

    async def ping(self) -> None:
        """Raises when no broker answers."""
        await self._producer.client.fetch_all_metadata()


@asynccontextmanager
async def open_producer(cluster: Cluster, *, patience: float = 30.0) -> AsyncIterator[Producer]:
    """A started producer; waits ``patience`` seconds for the broker. At the end it sends what it holds."""
    producer = AIOKafkaProducer(
        **cluster.options,
        acks="all",
        # aiokafka's idempotent producer is stuck for ever once a record was given up: docs/adr/0016.
        enable_idempotence=False,
        linger_ms=0,
        max_request_size=2 << 20,
        request_timeout_ms=10_000,
    )
    await patiently(producer.start, patience=patience)
    try:
        yield Producer(producer)
    finally:
        async with asyncio.timeout(10):
            await producer.stop()


async def patiently(start: Callable[[], Awaitable[object]], *, patience: float) -> None:
    """Call ``start`` until a broker answers it; raises TimeoutError after ``patience`` seconds."""
    mend_writes()
    async with asyncio.timeout(patience):
        while True:
            try:
                await start()
            except KafkaConnectionError as error:
                log.info("waiting for the broker", error=repr(error))
                await asyncio.sleep(0.2)
            else:
                return
