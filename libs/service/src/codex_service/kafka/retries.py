"""The delay queue: records that failed wait in Redis for their next attempt, and go back to their topic in time."""

import asyncio
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from codex_protos.messaging.v1 import records_pb2 as pb
from codex_service import redis
from codex_service.background import Periodic
from codex_service.errors import Overloaded, ServiceError
from codex_service.kafka.dead_letters import letter_id
from codex_service.kafka.failures import headers_of
from codex_service.kafka.policy import Policy
from codex_service.kafka.producer import Producer
from codex_service.redis import RedisClient, Script
from codex_service.telemetry import Telemetry

log = structlog.get_logger()

_TURN = 0.2  # seconds between two looks
_BATCH = 32
_LEASE = 15.0  # seconds: a record that was taken and not sent by then is taken again
_ROOM = 10_000  # records that may wait


class Retries:
    """The delay queue of one consumer group. Every replica sends what is due; a record may be sent twice."""

    def __init__(
        self,
        client: RedisClient,
        producer: Producer,
        telemetry: Telemetry,
        *,
        group: str,
        policy: Policy,
        on_depth: Callable[[int], None],
    ) -> None:
        self._policy = policy
        self._client, self._producer, self._telemetry = client, producer, telemetry
        self._due, self._records = f"retry:{group}", _records(group)
        self._put, self._take, self._sent = (_script(client, f"retry_{name}.lua") for name in ("put", "take", "sent"))
        self._on_depth = on_depth
        self._loop = Periodic(self._turn, interval=_TURN, name="retries")

    async def start(self) -> None:
        await self._loop.start()

    async def stop(self, grace: float) -> None:
        await self._loop.stop(grace)

    async def park(self, record: pb.FailedRecord) -> None:
        """Put a record aside until its next attempt; a second one with the same key takes the place of the first.

        Raises:
            Overloaded: too many wait already.
        """
        pause = round(self._policy.pause(record) * 1000)
        with self._telemetry.quiet():
            fits = await self._put([self._due, self._records], [_ROOM, _id(record), pause, record.SerializeToString()])
        if not fits:
            raise Overloaded("too many records wait for another attempt")

    async def _turn(self) -> None:
        try:
            with self._telemetry.quiet():
                depth, until, *due = await self._take([self._due, self._records], [round(_LEASE * 1000), _BATCH])
        except redis.OUTAGES as error:
            log.warning("the delay queue cannot be asked", error=repr(error))
            return
        self._on_depth(depth)
        for content in due:
            await self._send(pb.FailedRecord.FromString(content), until)

    async def _send(self, record: pb.FailedRecord, until: int) -> None:
        """Back to its topic, in the trace of its failed attempt, and to another partition: to another worker maybe."""
        try:
            partitions = await self._producer.partitions(record.topic)
            with self._telemetry.resumed(record.trace_context):
                sent = await self._producer.send(
                    record.topic,
                    key=record.key.decode(errors="replace"),
                    value=record.value,
                    headers=headers_of(record),
                    partition=(record.partition + 1) % partitions,
                )
            async with asyncio.timeout(_LEASE / 2):
                await sent
        except (ServiceError, KafkaError, TimeoutError) as error:
            log.warning("cannot send again yet", topic=record.topic, error=repr(error))
            return
        with self._telemetry.quiet():
            await self._sent([self._due, self._records], [_id(record), until])


async def waiting(client: RedisClient, group: str, keys: Sequence[str]) -> set[str]:
    """Those of many record keys that wait in the delay queue of a group."""
    found: Any = await client.hmget(_records(group), keys) if keys else []
    return {key for key, record in zip(keys, found, strict=True) if record}


def _records(group: str) -> str:
    return f"retry:{group}:records"


def _id(record: pb.FailedRecord) -> str:
    return record.key.decode(errors="replace") or letter_id(record)


def _script(client: RedisClient, name: str) -> Script:
    return Script(client, files(__package__).joinpath(name).read_text())
