"""A mischief-maker: reads jobs and results in a group of its own, and sends old ones again, in another order."""

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

TOPICS: Final = r"^code-(execution|execution-overflow|result)-topic$"
READERS: Final = ("code-execution", "code-manage")
_REMEMBERED: Final = 2_000
_PATIENCE: Final = 20.0


class Mischief:
    """Remembers the latest records and repeats some of them when told to."""

    def __init__(
        self, bootstrap: str, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, dice: random.Random
    ) -> None:
        self._bootstrap = bootstrap
        self._consumer = consumer
        self._producer = producer
        self._dice = dice
        self._records: deque[ConsumerRecord] = deque(maxlen=_REMEMBERED)
        self.repeated = 0

    async def listen(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=1_000, max_records=500)
            except KafkaError:
                await asyncio.sleep(0.5)
                continue
            for batch in batches.values():
                self._records.extend(batch)

    async def repeat(self, count: int) -> int:
        """Send up to ``count`` old records again, headers and all; how many the broker took."""
        chosen = self._dice.sample(list(self._records), min(count, len(self._records)))
        taken = 0
        for record in chosen:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._producer.send_and_wait(
                        record.topic, record.value, key=record.key, headers=list(record.headers)
                    )
            except (KafkaError, TimeoutError):
                continue
            taken += 1
        self.repeated += taken
        return taken

    async def until_read(self, within: float) -> bool:
        """Wait until the platform has read all that is there; whether it has within so many seconds."""
        end = time.monotonic() + within
        while await self._unread():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.5)
        return True

    async def _unread(self) -> bool:
        """Asked by clients of its own: one that has seen brokers die may wait for them in vain."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            async with asyncio.timeout(_PATIENCE):
                await admin.start()
                return await _ends(self._bootstrap, admin) > await _read(admin)
        except (KafkaError, TimeoutError):
            return True
        finally:
            await asyncio.gather(admin.close(), return_exceptions=True)


async def _ends(bootstrap: str, admin: AIOKafkaAdminClient) -> int:
    """How many records the topics have ever had."""
    topics = [topic for topic in await admin.list_topics() if re.match(TOPICS, topic)]
    client = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap)
    await client.start()
    try:
        return sum((await client.end_offsets(client.assignment())).values())
    finally:
        await client.stop()


async def _read(admin: AIOKafkaAdminClient) -> int:
    """How many of them the platform has done."""
    groups = [await admin.list_consumer_group_offsets(group) for group in READERS]
    return sum(offset.offset for group in groups for tp, offset in group.items() if re.match(TOPICS, tp.topic))


@asynccontextmanager
async def mischief(bootstrap: str, seed: int) -> AsyncIterator[Mischief]:
    """A mischief-maker that listens for the length of a block."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id="mischief",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=5_000)
    await consumer.start()
    consumer.subscribe(pattern=TOPICS)
    await producer.start()
    maker = Mischief(bootstrap, consumer, producer, random.Random(seed))
    listening = asyncio.create_task(maker.listen(), name="mischief")
    try:
        yield maker
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await asyncio.gather(*(_within(each) for each in (consumer, producer)), return_exceptions=True)


async def _within(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    async with asyncio.timeout(_PATIENCE):
        await client.stop()
