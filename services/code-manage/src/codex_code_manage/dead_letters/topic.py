"""The topic of the dead letters, read from its beginning each time: it is short, and seldom asked for."""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from google.protobuf.message import DecodeError

from codex_code_manage.dead_letters.description import described
from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.messaging.v1 import records_pb2 as records
from codex_service.errors import DependencyUnavailable
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.producer import Producer, patiently

log = structlog.get_logger()

_PATIENCE = 10.0  # seconds for one reading
_FETCH = 256 << 10  # bytes of each partition


class DeadLetterTopic:
    """What is on the topic now. Of each key the last record counts, and one without a value says that it is gone."""

    def __init__(self, cluster: Cluster, producer: Producer, name: str) -> None:
        self.name = name
        self._options, self._producer = cluster.options, producer

    async def list(self, most: int) -> tuple[list[pb.DeadLetter], bool]:
        """Up to ``most`` letters, oldest failure first, and whether there are others.

        No more than ``most`` descriptions are held, and no record's contents.

        Raises:
            DependencyUnavailable: the topic could not be read in time.
        """
        kept: dict[bytes, pb.DeadLetter] = {}
        others = set[bytes]()

        def take(record: ConsumerRecord) -> None:
            kept.pop(record.key, None)
            others.discard(record.key)
            letter = _parsed(record)
            if letter is None:
                return
            if len(kept) < most:
                kept[record.key] = described(letter)
            elif len(others) < most:
                others.add(record.key)

        await self._read(take)
        return sorted(kept.values(), key=lambda letter: letter.failed_at.ToNanoseconds()), bool(others)

    async def get(self, id: str) -> records.DeadLetter | None:
        """One letter with all that it holds; None when there is none, or none any more. Raises as ``list`` does."""
        key = id.encode()
        found: records.DeadLetter | None = None

        def take(record: ConsumerRecord) -> None:
            nonlocal found
            if record.key == key:
                found = _parsed(record)

        await self._read(take)
        return found

    async def _read(self, take: Callable[[ConsumerRecord], None]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._read_all(take)
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise DependencyUnavailable("the dead letters cannot be read") from error

    async def _read_all(self, take: Callable[[ConsumerRecord], None]) -> None:
        """Give every record that was there when the reading began, a partition's in their order."""
        consumer = AIOKafkaConsumer(
            **self._options, enable_auto_commit=False, max_partition_fetch_bytes=_FETCH, fetch_max_wait_ms=50
        )
        await patiently(consumer.start, patience=_PATIENCE)
        try:
            partitions = [TopicPartition(self.name, n) for n in range(await self._producer.partitions(self.name))]
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            left = [tp for tp in partitions if begins[tp] < ends[tp]]
            consumer.assign(left)
            for tp in left:
                consumer.seek(tp, begins[tp])
            while left:
                batches = await consumer.getmany(*left, timeout_ms=200)
                for record in (record for batch in batches.values() for record in batch):
                    take(record)
                left = [tp for tp in left if await consumer.position(tp) < ends[tp]]
        finally:
            await consumer.stop()


def _parsed(record: ConsumerRecord) -> records.DeadLetter | None:
    if record.value is None:
        return None
    try:
        return records.DeadLetter.FromString(record.value)
    except DecodeError:
        log.warning("not a dead letter", partition=record.partition, offset=record.offset)
        return None
