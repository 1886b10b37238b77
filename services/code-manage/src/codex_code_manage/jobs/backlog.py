"""How long the queues are: measured by offsets, so that it holds when workers are stopped, slow or gone."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from codex_service.errors import DependencyUnavailable, Overloaded
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.names import Topics
from codex_service.kafka.producer import Producer, patiently

log = structlog.get_logger()

_LONGEST_RETRY = 60.0
_MEMORY = 0.8  # of the rate that was measured before, for each measurement

Offsets = dict[TopicPartition, int]


@dataclass(slots=True)
class _Flow:
    """One topic: records not done, records done a second while there was work, and since when none was done."""

    lag: int = 0
    done: int = -1
    rate: float = 0.0
    at: float = 0.0
    moved_at: float = 0.0

    def measure(self, lag: int, done: int, now: float) -> None:
        if self.done >= 0 and self.lag and done > self.done:
            rate = (done - self.done) / (now - self.at)
            self.rate = _MEMORY * self.rate + (1 - _MEMORY) * rate if self.rate else rate
        if done != self.done or not lag:
            self.moved_at = now
        self.lag, self.done, self.at = lag, done, now

    @property
    def wait(self) -> float:
        """Seconds that a job sent now would wait: what is before it, at the pace so far, and any standstill."""
        standstill = self.at - self.moved_at
        return (self.lag / self.rate if self.rate else 0.0) + (standstill if standstill > 1 else 0.0)


class Backlog:
    """Watches both topics of jobs and the group that reads them."""

    def __init__(self, cluster: Cluster, topics: Topics, producer: Producer, *, longest_wait: float) -> None:
        self._topics, self._producer, self._longest_wait = topics, producer, longest_wait
        self._flows = {topics.jobs: _Flow(), topics.overflow: _Flow()}
        self.waits: dict[str, float] = dict.fromkeys(self._flows, 0.0)
        connection = {**cluster.options, "request_timeout_ms": 5_000}
        self._admin = AIOKafkaAdminClient(**connection)
        self._reader = AIOKafkaConsumer(**connection, enable_auto_commit=False, max_partition_fetch_bytes=1024)

    async def open(self) -> None:
        """Connect; raises TimeoutError when no broker answers."""
        await patiently(self._admin.start, patience=30)
        await patiently(self._reader.start, patience=30)

    async def close(self) -> None:
        await self._reader.stop()
        await self._admin.close()

    async def measure(self) -> None:
        """Look at the offsets; called again and again beside the work."""
        try:
            async with asyncio.timeout(5):
                ends, done = await self._offsets()
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise DependencyUnavailable("the backlog cannot be measured") from error
        now = time.monotonic()
        for topic, flow in self._flows.items():
            mine = [tp for tp in ends if tp.topic == topic]
            flow.measure(sum(ends[tp] - done[tp] for tp in mine), sum(done[tp] for tp in mine), now)
            self.waits[topic] = flow.wait

    def require(self, *, crowded: bool) -> None:
        """Raises Overloaded when a job would wait for too long."""
        wait = self.waits[self._topics.overflow if crowded else self._topics.jobs]
        if wait > self._longest_wait:
            late = min(_LONGEST_RETRY, wait - self._longest_wait + 1)
            raise Overloaded("programs wait too long to be judged at the moment", retry_after=late)

    async def oldest(self) -> datetime:
        """When the oldest job that is not done was sent; now, when there is none. Raises DependencyUnavailable."""
        try:
            async with asyncio.timeout(10):
                ends, done = await self._offsets()
                behind = {tp: done[tp] for tp, end in ends.items() if done[tp] < end}
                times = await self._times(behind) if behind else []
        except (KafkaError, OSError) as error:
            raise DependencyUnavailable("the backlog cannot be read") from error
        return min(times, default=datetime.now(UTC))

    async def _offsets(self) -> tuple[Offsets, Offsets]:
        """Of each partition the end, and the first record that is not done."""
        partitions = [
            TopicPartition(topic, n) for topic in self._flows for n in range(await self._producer.partitions(topic))
        ]
        ends: Offsets = await self._reader.end_offsets(partitions)
        committed = await self._admin.list_consumer_group_offsets(self._topics.workers, partitions=partitions)
        done = {tp: each.offset for tp, each in committed.items() if each.offset >= 0}
        unread = [tp for tp in partitions if tp not in done]
        if unread:
            done |= await self._reader.beginning_offsets(unread)
        return ends, done

    async def _times(self, offsets: Offsets) -> list[datetime]:
        """When the records at these offsets were sent."""
        self._reader.assign(list(offsets))
        try:
            for tp, offset in offsets.items():
                self._reader.seek(tp, offset)
            return [await self._time(tp) for tp in offsets]
        finally:
            self._reader.unsubscribe()

    async def _time(self, tp: TopicPartition) -> datetime:
        record = await self._reader.getone(tp)
        return datetime.fromtimestamp(record.timestamp / 1000, UTC)
