"""The consumer: several records at a time, a bounded queue, offsets committed below the first unfinished one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from codex_service.background import ended
from codex_service.kafka.offsets import Offsets
from codex_service.kafka.producer import PLAINTEXT, patiently
from codex_service.telemetry import Telemetry

log = structlog.get_logger()

Handler = Callable[[ConsumerRecord], Awaitable[None]]


class Unprocessable(Exception):
    """A record that no repetition can help: it is logged and passed over."""


class Consumer:
    """Gives every record of a topic to ``handler``, at least once; ``concurrency`` of them at a time.

    A record is finished when the handler returns or raises ``Unprocessable``. Any other exception means that it is
    tried again after a pause that grows to ``max_pause`` seconds, for as long as the partition is ours; meanwhile
    nothing behind it is committed. Records are taken from the broker promptly into a queue of ``ahead`` records,
    because aiokafka lets a partition rest for up to half a second while a fetched record waits inside it.
    """

    def __init__(
        self,
        *,
        bootstrap: str,
        topic: str,
        group: str,
        handler: Handler,
        telemetry: Telemetry,
        concurrency: int,
        ahead: int = 64,
        max_pause: float = 5.0,
        commit_interval: float = 1.0,
        security: Mapping[str, Any] = PLAINTEXT,
    ) -> None:
        self._topic, self._group, self._handler, self._telemetry = topic, group, handler, telemetry
        self._concurrency, self._max_pause, self._commit_interval = concurrency, max_pause, commit_interval
        self._queue: asyncio.Queue[ConsumerRecord] = asyncio.Queue(ahead)
        self._offsets = Offsets()
        self._lag: dict[tuple[str, int], int] = {}
        self._stopping = asyncio.Event()
        self._fetching: list[asyncio.Task[None]] = []
        self._working: list[asyncio.Task[None]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=300_000,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            request_timeout_ms=15_000,
            # A group that forms while a broker restarts may share out no partitions: this is how soon it looks again.
            metadata_max_age_ms=5_000,
            **security,
        )

    async def start(self) -> None:
        await patiently(self._consumer.start, patience=30)
        self._consumer.subscribe([self._topic], listener=_Rebalance(self))
        self._working = [asyncio.create_task(self._work(), name=f"{self._topic}-{n}") for n in range(self._concurrency)]
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
                batches = await self._consumer.getmany(timeout_ms=1000, max_records=64)
            except KafkaError as error:
                log.warning("cannot fetch", topic=self._topic, error=repr(error))
                await asyncio.sleep(0.5)
            except Exception:
                log.exception("fetch failed", topic=self._topic)
                await asyncio.sleep(0.5)
            else:
                await self._take([record for batch in batches.values() for record in batch])

    async def _take(self, records: list[ConsumerRecord]) -> None:
        self._offsets.taken(records)
        for record in records:
            await self._queue.put(record)

    async def _work(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        while not self._stopping.is_set():
            record = await self._queue.get()
            self._busy.add(task)
            try:
                await self._until_done(record)
            finally:
                self._busy.discard(task)

    async def _until_done(self, record: ConsumerRecord) -> None:
        pause = 0.1
        while self._offsets.owned(record) and not self._stopping.is_set():
            try:
                with self._telemetry.process(record, group=self._group):
                    await self._handler(record)
            except Unprocessable as error:
                log.error(  # noqa: TRY400 (the sender's fault: its trace says nothing)
                    "record passed over",
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    error=str(error),
                )
            except Exception:
                log.exception(
                    "record failed, will be tried again", topic=record.topic, offset=record.offset, pause=pause
                )
                await self._rest(pause)
                pause = min(self._max_pause, pause * 2)
                continue
            self._offsets.done(record)
            return

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
                log.exception("commit failed", topic=self._topic)

    async def _commit(self) -> None:
        offsets = self._offsets.committable()
        if not offsets:
            return
        try:
            async with asyncio.timeout(5):
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.info("commit came too late, the partitions have moved", topic=self._topic)
        except (KafkaError, TimeoutError) as error:
            log.warning("cannot commit", topic=self._topic, error=repr(error))
        else:
            self._offsets.committed(offsets)

    async def give_back(self, partitions: set[TopicPartition]) -> None:
        """The group takes partitions away: say what is done of them, drop the rest."""
        await self._commit()
        self._offsets.forget(partitions)


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._consumer.give_back(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        log.info("partitions assigned", partitions=len(assigned))
