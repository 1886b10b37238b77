"""A record that fails gets other attempts later, blocks nothing meanwhile, and is kept with its reason in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from codex_protos.messaging.v1 import records_pb2 as pb
from codex_service import UNTRACED
from codex_service.errors import DependencyUnavailable
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.consumer import Consumer
from codex_service.kafka.failures import Unprocessable, failures
from codex_service.kafka.policy import Policy
from codex_service.kafka.producer import Producer, open_producer
from codex_service.kafka.recovery import Recovery
from codex_service.kafka.topics import ensure_topics
from codex_service.redis import RedisClient, open_redis
from codex_testing.stores import Store
from codex_testing.waiting import eventually

QUICK = Policy(first=0.05, longest=0.2, failures=3)


@dataclass
class Bench:
    """A topic with a consumer whose records fail as a test wants, and its dead letters."""

    cluster: Cluster
    producer: Producer
    redis: RedisClient
    name: str = field(default_factory=lambda: f"topic-{uuid4().hex[:8]}")
    attempts: list[tuple[str, int]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    trouble: Callable[[str], Exception | None] = lambda _: None

    async def handle(self, record: ConsumerRecord) -> None:
        value = record.value.decode()
        self.attempts.append((value, failures(record)))
        if error := self.trouble(value):
            raise error

    def failures_of(self, value: str) -> list[int]:
        return [count for each, count in self.attempts if each == value]

    async def note(self, record: ConsumerRecord) -> None:
        self.given_up.append(record.value.decode())

    @asynccontextmanager
    async def consuming(self, policy: Policy = QUICK) -> AsyncIterator[None]:
        recovery = Recovery(
            self.redis,
            self.producer,
            UNTRACED,
            group=self.name,
            dead_letters=f"{self.name}-dead",
            policy=policy,
            given_up=self.note,
            on_depth=self.depths.append,
        )
        consumer = Consumer(
            cluster=self.cluster,
            topics=[self.name],
            group=self.name,
            handler=self.handle,
            telemetry=UNTRACED,
            concurrency=1,
            recovery=recovery,
            commit_interval=0.05,
            max_pause=0.2,
        )
        for part in (recovery, consumer):
            await part.start()
        try:
            yield
        finally:
            for part in (consumer, recovery):
                await part.stop(5)

    async def send(self, *values: str) -> None:
        for value in values:
            await (await self.producer.send(self.name, key=value, value=value.encode(), headers=[("kept", b"yes")]))

    async def dead_letter(self) -> pb.DeadLetter:
        reader = AIOKafkaConsumer(
            f"{self.name}-dead", bootstrap_servers=self.cluster.bootstrap, auto_offset_reset="earliest"
        )
        await reader.start()
        try:
            async with asyncio.timeout(10):
                return pb.DeadLetter.FromString((await reader.getone()).value)
        finally:
            await reader.stop()


@pytest.fixture
async def bench(kafka_store: Store, fresh_redis: Callable[[], str]) -> AsyncIterator[Bench]:
    cluster = Cluster(kafka_store.url)
    async with open_producer(cluster) as producer, open_redis(fresh_redis()) as redis:
        bench = Bench(cluster, producer, redis)
        await ensure_topics(cluster, [bench.name], compacted=[f"{bench.name}-dead"])
        yield bench


async def test_a_record_that_fails_is_tried_again_and_counts_its_failures(bench: Bench) -> None:
    bench.trouble = lambda value: RuntimeError("not yet") if len(bench.failures_of(value)) < 3 else None
    async with bench.consuming():
        await bench.send("a")
        await eventually(lambda: bench.failures_of("a") == [0, 1, 2])
        await eventually(lambda: bench.depths[-1:] == [0])

    assert bench.given_up == []


async def test_a_record_that_always_fails_becomes_a_dead_letter_with_its_reason(bench: Bench) -> None:
    bench.trouble = lambda _: RuntimeError("it is broken")
    async with bench.consuming():
        await bench.send("a")
        letter = await bench.dead_letter()

    assert bench.failures_of("a") == [0, 1, 2]
    assert bench.given_up == ["a"]
    assert (letter.group, letter.record.value, letter.record.failures) == (bench.name, b"a", 3)
    assert letter.record.reason == "RuntimeError: it is broken"
    assert letter.record.headers["kept"] == b"yes"
    assert letter.id == f"{bench.name}/{letter.record.partition}/{letter.record.offset}"


async def test_a_poison_record_is_given_up_at_once(bench: Bench) -> None:
    bench.trouble = lambda _: Unprocessable("no such thing")
    async with bench.consuming():
        await bench.send("a")
        letter = await bench.dead_letter()

    assert bench.failures_of("a") == [0]
    assert letter.record.reason == "Unprocessable: no such thing"


async def test_a_failing_record_holds_up_nobody(bench: Bench) -> None:
    bench.trouble = lambda value: RuntimeError("not yet") if value == "bad" else None
    async with bench.consuming(Policy(first=60.0, longest=60.0)):
        await bench.send("bad", *(f"good-{n}" for n in range(30)))
        await eventually(lambda: len(bench.attempts) == 31)
        await eventually(lambda: bench.depths[-1:] == [1])


async def test_an_outage_is_no_failure_of_the_record(bench: Bench) -> None:
    bench.trouble = lambda _: DependencyUnavailable("down") if len(bench.attempts) < 6 else None
    async with bench.consuming():
        await bench.send("a")
        await eventually(lambda: len(bench.attempts) == 6)

    assert set(bench.failures_of("a")) == {0}
    assert bench.given_up == []


async def test_an_outage_without_end_is_given_up_after_the_patience(bench: Bench) -> None:
    bench.trouble = lambda _: DependencyUnavailable("down")
    async with bench.consuming(Policy(first=0.05, longest=0.2, patience=1.0)):
        await bench.send("a")
        letter = await bench.dead_letter()

    assert letter.record.failures == 0
    assert letter.record.attempts > 3


async def test_what_waits_for_its_next_attempt_survives_the_end_of_the_process(bench: Bench) -> None:
    bench.trouble = lambda _: RuntimeError("not yet")
    async with bench.consuming(Policy(first=1.0, longest=1.0)):
        await bench.send("a")
        await eventually(lambda: bench.depths[-1:] == [1])
    bench.trouble = lambda _: None
    async with bench.consuming():
        await eventually(lambda: bench.failures_of("a") == [0, 1])
