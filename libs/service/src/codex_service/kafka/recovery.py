"""What becomes of a record that failed: another attempt later, or a dead letter with its reason."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from codex_protos.messaging.v1 import records_pb2 as pb
from codex_service import redis
from codex_service.errors import ServiceError
from codex_service.kafka.dead_letters import DeadLetters
from codex_service.kafka.failures import Unprocessable, failed
from codex_service.kafka.policy import Policy
from codex_service.kafka.producer import Producer
from codex_service.kafka.retries import Retries
from codex_service.redis import RedisClient
from codex_service.telemetry import Telemetry

log = structlog.get_logger()

GivenUp = Callable[[ConsumerRecord], Awaitable[None]]

_PATIENCE = 10.0  # seconds for all that settling takes


async def _nothing(_: ConsumerRecord) -> None:
    """For records that nobody waits for."""


class Recovery:
    """Settles failed records of one consumer group: it owns the group's delay queue, and the way to the dead letters.

    ``given_up`` tells whoever waits that there will be no more; ``on_depth`` and ``on_dead_letter`` measure.
    """

    def __init__(
        self,
        client: RedisClient,
        producer: Producer,
        telemetry: Telemetry,
        *,
        group: str,
        dead_letters: str,
        policy: Policy,
        given_up: GivenUp = _nothing,
        on_depth: Callable[[int], None] = lambda _: None,
        on_dead_letter: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._retries = Retries(client, producer, telemetry, group=group, policy=policy, on_depth=on_depth)
        self._dead_letters = DeadLetters(producer, dead_letters, telemetry)
        self._telemetry, self._group, self._policy = telemetry, group, policy
        self._given_up, self._on_dead_letter = given_up, on_dead_letter

    async def start(self) -> None:
        await self._retries.start()

    async def stop(self, grace: float) -> None:
        await self._retries.stop(grace)

    async def settle(self, record: ConsumerRecord, error: Exception, trace_context: Mapping[str, str]) -> bool:
        """Put the record where it belongs now; False when that cannot be done at the moment."""
        fate = failed(record, error, trace_context)
        try:
            async with asyncio.timeout(_PATIENCE):
                if isinstance(error, Unprocessable) or self._policy.over(fate):
                    await self._bury(record, fate)
                else:
                    await self._retries.park(fate)
        except (ServiceError, KafkaError, TimeoutError, *redis.OUTAGES) as obstacle:
            log.warning("failed record stays where it is", topic=record.topic, error=repr(obstacle))
            return False
        return True

    async def _bury(self, record: ConsumerRecord, fate: pb.FailedRecord) -> None:
        """Who waits is told first: a crash in between repeats it, which changes nothing."""
        with self._telemetry.resumed(fate.trace_context):
            log.error("record given up", topic=record.topic, offset=record.offset, reason=fate.reason)
            await self._given_up(record)
        await self._dead_letters.put(fate, group=self._group)
        self._on_dead_letter(record.topic)
