"""The consumer: several records at a time, bounded windows, offsets committed below the first unfinished one."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from codex_service.background import ended
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.failures import LANE, Unprocessable, header
from codex_service.kafka.fair import FairQueue
from codex_service.kafka.offsets import Offsets
from codex_service.kafka.producer import patiently
from codex_service.kafka.recovery import Recovery
from codex_service.telemetry import Telemetry

log = structlog.get_logger()

Handler = Callable[[ConsumerRecord], Awaitable[None]]


class Consumer:
    """Gives every record of its topics to ``handler``, at least once; ``concurrency`` of them at a time.

    A record is finished when the handler returns, or when ``recovery`` has put it aside: for another attempt later, or
    for good. While that cannot be done (or without a recovery) it is tried again in its place, after a pause that grows
    to ``max_pause`` seconds, and nothing behind it is committed.

    Of each topic up to ``ahead`` records are held, whatever waits in the others; the authors of those that are held
    take turns (a header names them), and one whose records take long gets at most ``narrow`` of them done at once.
    """

    def __init__(
        self,
        *,
        cluster: Cluster,
        topics: Sequence[str],
        group: str,
        handler: Handler,
        telemetry: Telemetry,
        concurrency: int,
        ahead: int = 64,
        narrow: int = 0,
        recovery: Recovery | None = None,
        instance: str | None = None,
        max_pause: float = 5.0,
        commit_interval: float = 1.0,
    ) -> None:
        self._topics, self._group, self._handler, self._telemetry = topics, group, handler, telemetry
        self._concurrency, self._ahead, self._recovery = concurrency, ahead, recovery
        self._max_pause, self._commit_interval = max_pause, commit_interval
        self._queue: FairQueue[ConsumerRecord] = FairQueue(narrow=narrow)
        self._offsets = Offsets()
        self._room = asyncio.Event()
        self._lag: dict[tuple[str, int], int] = {}
        self._stopping = asyncio.Event()
        self._fetching: list[asyncio.Task[None]] = []
        self._working: list[asyncio.Task[None]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._consumer = AIOKafkaConsumer(
            **cluster.options,
            group_id=group,
            group_instance_id=instance,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=300_000,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            request_timeout_ms=15_000,
            # A backlog stays with the broker: aiokafka would hold a megabyte of each partition.
            max_partition_fetch_bytes=64 << 10,
            # A group that forms while a broker restarts may share out no partitions: this is how soon it looks again.
            metadata_max_age_ms=5_000,
        )

    async def start(self) -> None:
        await patiently(self._consumer.start, patience=30)
        self._consumer.subscribe(list(self._topics), listener=_Rebalance(self))
        self._working = [asyncio.create_task(self._work(), name=f"{self._group}-{n}") for n in range(self._concurrency)]
        self._fetching = [asyncio.create_task(self._fetch()), asyncio.create_task(self._commit_often())]

    async def stop(self, grace: float) -> None:
        """Take nothing more; what is being handled may end within ``grace`` seconds, the rest goes back."""
        self._stopping.set()
        await ended(self._fetching)
        if self._busy:
            await asyncio.wait(self._busy, timeout=grace)
        await ended(self._working)
        await self._commit()
        async with asyncio.timeout(5):
            await self._consumer.stop()

    @property
    def lag(self) -> Mapping[tuple[str, int], int]:
        """Records behind the end, by topic and partition, as far as the last fetch knew; kept up to date in place."""
        return self._lag

    def _measure_lag(self) -> None:
        now = {
            (tp.topic, tp.partition): max(0, high - self._offsets.position(tp, high))
            for tp in self._consumer.assignment()
            if (high := self._consumer.highwater(tp)) is not None
        }
        for gone in self._lag.keys() - now.keys():
            del self._lag[gone]
        self._lag.update(now)

    async def _fetch(self) -> None:
        while True:
            try:
                await self._fetch_once()
            except KafkaError as error:
                log.warning("cannot fetch", group=self._group, error=repr(error))
                await asyncio.sleep(0.5)
            except Exception:
                log.exception("fetch failed", group=self._group)
                await asyncio.sleep(0.5)

    async def _fetch_once(self) -> None:
        """Take records promptly: aiokafka lets a partition rest for up to half a second while one waits inside it."""
        rooms = {topic: self._ahead - self._offsets.held(topic) for topic in self._topics}
        assigned = self._consumer.assignment()
        open_ones = [tp for tp in assigned if rooms.get(tp.topic, 0) > 0]
        if assigned and not open_ones:
            self._room.clear()
            await self._room.wait()
            return
        most = min((rooms[tp.topic] for tp in open_ones), default=self._ahead)
        # With a topic left out, the wait must end soon: it may have room again before the others have records.
        wait = 1000 if len(open_ones) == len(assigned) else 50
        batches = await self._consumer.getmany(*open_ones, timeout_ms=wait, max_records=most)
        self._take([record for batch in batches.values() for record in batch])

    def _take(self, records: list[ConsumerRecord]) -> None:
        self._offsets.taken(records)
        for record in records:
            self._queue.put(header(record, LANE), record)

    async def _work(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        while not self._stopping.is_set():
            lane, record = await self._queue.get()
            began = time.monotonic()
            self._busy.add(task)
            try:
                await self._until_done(record)
            finally:
                self._busy.discard(task)
                self._room.set()
            self._queue.done(lane, time.monotonic() - began)

    async def _until_done(self, record: ConsumerRecord) -> None:
        pause = 0.1
        while self._offsets.owned(record) and not self._stopping.is_set():
            if await self._handled(record):
                self._offsets.done(record)
                return
            await self._rest(pause)
            pause = min(self._max_pause, pause * 2)

    async def _handled(self, record: ConsumerRecord) -> bool:
        """Whether nothing is left to do: the handler is content, or the record is where failed ones belong."""
        trace_context: dict[str, str] = {}
        try:
            with self._telemetry.process(record, group=self._group):
                trace_context = self._telemetry.carrier()
                await self._handler(record)
        except Exception as error:
            log.exception("record failed", topic=record.topic, partition=record.partition, offset=record.offset)
            if self._recovery is None:
                return isinstance(error, Unprocessable)
            return await self._recovery.settle(record, error, trace_context)
        return True

    async def _rest(self, seconds: float) -> None:
        """A pause that the end of the service cuts short."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _commit_often(self) -> None:
        while True:
            await asyncio.sleep(self._commit_interval)
            try:
                self._measure_lag()
                await self._commit()
            except Exception:
                log.exception("commit failed", group=self._group)

    async def _commit(self) -> None:
        offsets = self._offsets.committable()
        if not offsets:
            return
        try:
            async with asyncio.timeout(5):
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.info("commit came too late, the partitions have moved", group=self._group)
        except (KafkaError, TimeoutError) as error:
            log.warning("cannot commit", group=self._group, error=repr(error))
        else:
            self._offsets.committed(offsets)

    async def give_back(self, partitions: set[TopicPartition]) -> None:
        """The group takes partitions away: say what is done of them, drop the rest."""
        await self._commit()
        self._offsets.forget(partitions)
        self._room.set()


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._consumer.give_back(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        log.info("partitions assigned", partitions=len(assigned))
