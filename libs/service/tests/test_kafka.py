"""Records are handled at least once, whatever stops, fails or is killed."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import ConsumerRecord

from codex_service import UNTRACED
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.consumer import Consumer, Handler
from codex_service.kafka.failures import Unprocessable
from codex_service.kafka.producer import open_producer, patiently
from codex_service.kafka.topics import PARTITIONS, ensure_topics
from codex_testing.stores import Store
from codex_testing.waiting import eventually

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]
Said = Callable[["Process", str], Awaitable[str]]
Ended = Callable[["Process"], Awaitable[tuple[int | None, str]]]


class Topic:
    """A topic of the test's own, read by one group of the same name."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.cluster = Cluster(bootstrap)
        self.name = f"topic-{uuid4().hex[:8]}"

    async def send(self, count: int, *, start: int = 0, key: str | None = None) -> set[str]:
        """Values ``start`` and following, spread over the partitions or all in the partition of ``key``."""
        values = [str(start + n) for n in range(count)]
        async with open_producer(self.cluster) as producer:
            sent = [await producer.send(self.name, key=key or value, value=value.encode()) for value in values]
            await asyncio.gather(*sent)
        return set(values)

    @asynccontextmanager
    async def consumed(self, handler: Handler, **options: Any) -> AsyncIterator[Consumer]:
        usual = {"concurrency": 8, "commit_interval": 0.05, "max_pause": 0.2}
        consumer = Consumer(
            cluster=self.cluster,
            topics=[self.name],
            group=self.name,
            handler=handler,
            telemetry=UNTRACED,
            **{**usual, **options},
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop(5)

    async def committed(self) -> int:
        """How many records the group has finished, all partitions together."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.name)
            return sum(each.offset for each in offsets.values())
        finally:
            await admin.close()


@pytest.fixture
async def topic(kafka_store: Store) -> Topic:
    topic = Topic(kafka_store.url)
    await ensure_topics(topic.cluster, [topic.name])
    return topic


def value_of(record: ConsumerRecord) -> str:
    return str(record.value.decode())


async def test_topics_are_made_once_with_their_partitions(topic: Topic) -> None:
    await ensure_topics(topic.cluster, [topic.name])

    admin = AIOKafkaAdminClient(bootstrap_servers=topic.bootstrap)
    await admin.start()
    [described] = await admin.describe_topics([topic.name])
    await admin.close()

    assert len(described["partitions"]) == PARTITIONS


async def test_a_thousand_records_are_each_handled_and_committed(topic: Topic) -> None:
    handled: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        handled.append(value_of(record))

    sent = await topic.send(1000)
    async with topic.consumed(handle) as consumer:
        await eventually(lambda: len(handled) >= 1000)
        await eventually(topic.committed)
        await eventually(lambda: sum(consumer.lag.values()) == 0)

    assert sorted(handled) == sorted(sent)
    assert await topic.committed() == 1000


async def test_records_are_handled_side_by_side_but_no_more_than_allowed(topic: Topic) -> None:
    running, most = 0, 0

    async def handle(_: ConsumerRecord) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    await topic.send(100)
    async with topic.consumed(handle, concurrency=5):
        await eventually(lambda: _all(topic, 100))

    assert most == 5


async def _all(topic: Topic, count: int) -> bool:
    return await topic.committed() == count


async def test_nothing_at_or_behind_a_failing_record_is_committed_until_it_succeeds(topic: Topic) -> None:
    handled: list[str] = []
    attempts = 0
    mended = False

    async def handle(record: ConsumerRecord) -> None:
        nonlocal attempts
        if value_of(record) == "5" and not mended:
            attempts += 1
            raise ConnectionError("not now")
        handled.append(value_of(record))

    sent = await topic.send(20, key="one partition")
    async with topic.consumed(handle):
        await eventually(lambda: len(handled) == 19 and attempts >= 3)
        assert await eventually(topic.committed) == 5

        mended = True
        await eventually(lambda: _all(topic, 20))

    assert sorted(handled) == sorted(sent)


async def test_a_record_that_nothing_can_help_is_passed_over(topic: Topic) -> None:
    handled: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        if value_of(record) == "5":
            raise Unprocessable("not for us")
        handled.append(value_of(record))

    sent = await topic.send(20, key="one partition")
    async with topic.consumed(handle):
        await eventually(lambda: _all(topic, 20))

    assert sorted(handled) == sorted(sent - {"5"})


async def test_running_handlers_may_end_and_count_as_done_when_the_consumer_stops(topic: Topic) -> None:
    begun, release = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        begun.set()
        await release.wait()
        ended.append(value_of(record))

    await topic.send(3, key="one partition")
    async with topic.consumed(handle, concurrency=1) as consumer:
        await begun.wait()
        stopping = asyncio.create_task(consumer.stop(5))
        await asyncio.sleep(0)
        release.set()
        await stopping

    assert ended == ["0"]
    assert await topic.committed() == 1


async def test_a_handler_that_takes_too_long_is_cut_off_and_its_record_comes_again(topic: Topic) -> None:
    begun = asyncio.Event()

    async def hang(_: ConsumerRecord) -> None:
        begun.set()
        await asyncio.Event().wait()

    handled: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        handled.append(value_of(record))

    await topic.send(1)
    async with topic.consumed(hang) as consumer:
        await begun.wait()
        await consumer.stop(0.1)
    async with topic.consumed(handle):
        await eventually(lambda: handled)

    assert handled == ["0"]


async def test_none_is_lost_when_others_join_and_leave_in_the_middle(topic: Topic) -> None:
    handled: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        await asyncio.sleep(0.005)
        handled.append(value_of(record))

    sent = await topic.send(2000)
    few = {"concurrency": 2, "ahead": 4}  # so that records wait everywhere when partitions move
    async with topic.consumed(handle, **few):
        await eventually(lambda: len(handled) >= 100)
        async with topic.consumed(handle, **few):
            await eventually(lambda: len(handled) >= 600)
        await eventually(lambda: len(handled) >= 800)
        async with topic.consumed(handle, **few):
            await eventually(lambda: set(handled) == sent, within=30)
            await eventually(lambda: _all(topic, 2000))


async def test_what_a_killed_process_has_not_finished_is_handled_by_another(
    topic: Topic, run: Run, said: Said, tmp_path: Path
) -> None:
    output = tmp_path / "handled"
    environment = {"KAFKA_BOOTSTRAP_SERVERS": topic.bootstrap, "CODEX_TOPIC": topic.name, "CODEX_OUTPUT": str(output)}

    def handled() -> list[str]:
        return output.read_text().split()

    sent = await topic.send(1000)
    first = await run("consume", **environment)
    await said(first, "partitions assigned")
    await eventually(topic.committed)
    first.kill()
    await first.wait()
    before, committed = len(handled()), await topic.committed()
    await run("consume", **environment)
    await eventually(lambda: set(handled()) == sent, within=30)

    assert 0 < committed <= before < 1000
    assert len(handled()) <= before + 1000 - committed  # what was committed did not come again


async def test_a_broker_that_comes_back_is_used_again(
    topic: Topic, kafka_store: Store, run: Run, said: Said, ended: Ended, tmp_path: Path
) -> None:
    handled: list[str] = []

    async def handle(record: ConsumerRecord) -> None:
        handled.append(value_of(record))

    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": topic.bootstrap,
        "CODEX_TOPIC": topic.name,
        "CODEX_OUTPUT": f"{tmp_path}/x",
    }
    other = Topic(topic.bootstrap)
    await ensure_topics(topic.cluster, [other.name])
    bystander = await run("consume", **{**environment, "CODEX_TOPIC": other.name})
    await said(bystander, "partitions assigned")
    async with topic.consumed(handle), open_producer(topic.cluster) as producer:
        await topic.send(50)
        await eventually(lambda: len(handled) >= 50)

        async with kafka_store.down():
            with pytest.raises(KafkaError):
                await producer.ping()
            bystander.send_signal(signal.SIGTERM)
            assert (await ended(bystander))[0] == 0

        await eventually(lambda: _pinged(producer.ping), within=30)
        await topic.send(50, start=50)
        await eventually(lambda: set(handled) == {str(n) for n in range(100)}, within=30)
        await eventually(lambda: _all(topic, 100), within=30)


@pytest.mark.slow
async def test_a_producer_sends_again_after_an_outage_so_long_that_records_were_given_up(
    topic: Topic, kafka_store: Store
) -> None:
    async with open_producer(topic.cluster) as producer:
        await (await producer.send(topic.name, key="a", value=b"before"))
        async with kafka_store.down():
            lost = [await producer.send(topic.name, key="a", value=b"lost") for _ in range(3)]
            ended, _ = await asyncio.wait(lost, timeout=30)
            assert all(isinstance(each.exception(), KafkaError) for each in ended)
            assert len(ended) == len(lost)
        await eventually(lambda: _pinged(producer.ping), within=30)

        async with asyncio.timeout(10):
            await (await producer.send(topic.name, key="a", value=b"after"))


async def _pinged(ping: Callable[[], Awaitable[None]]) -> bool:
    await ping()
    return True


async def test_a_write_to_a_connection_that_was_just_closed_is_an_outage_and_no_fault(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: bytes) -> None:
        raise RuntimeError("the handler is closed")  # what uvloop says between a connection's end and the news of it

    producer = AIOKafkaProducer(**topic.cluster.options)
    await patiently(producer.start, patience=10)
    try:
        await producer.send_and_wait(topic.name, b"before")
        connection = next(iter(producer.client._conns.values()))  # noqa: SLF001 (no public way leads there)
        monkeypatch.setattr(connection._writer, "write", closed)  # noqa: SLF001
        with pytest.raises(KafkaError):
            await connection.send(MetadataRequest([]))
        await producer.send_and_wait(topic.name, b"after")
    finally:
        await producer.stop()
