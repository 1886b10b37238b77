"""A worker that runs nothing: it announces itself, takes jobs, and gives the results that a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.kafka.names import Topics
from codex_testing.judging import judgement
from codex_testing.waiting import eventually

Answer = Callable[[events.ExecutionRequested], judging.Judgement | None]
"""The judgement of a job; None: the job is kept and never answered."""

PYTHON = {"id": "python", "name": "Python", "version": "3.13", "function_harness": True}
RUBY = {"id": "ruby", "name": "Ruby", "version": "3.4", "function_harness": False}


def accept(job: events.ExecutionRequested) -> judging.Judgement:
    """Everything is right."""
    return judgement(attempt=job.attempt)


def keep(_: events.ExecutionRequested) -> None:
    """Nothing is answered."""


class Worker:
    """``jobs`` is what came so far; ``answer`` may be changed at any time."""

    def __init__(self, *, bootstrap: str, prefix: str, redis_url: str) -> None:
        self.jobs: list[events.ExecutionRequested] = []
        self.answer: Answer = accept
        self._bootstrap = bootstrap
        self._names = Topics(prefix)
        self._redis_url = redis_url
        self._stack = AsyncExitStack()
        self._joined = asyncio.Event()

    async def __aenter__(self) -> Self:
        redis = await self._stack.enter_async_context(Redis.from_url(self._redis_url))
        await redis.sadd("workers", "worker-1")
        await redis.set("worker:worker-1", json.dumps({"languages": [PYTHON, RUBY]}))
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap)
        await self._producer.start()
        self._stack.push_async_callback(self._producer.stop)
        self._working = asyncio.create_task(self._work())
        self._stack.push_async_callback(self._rest)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """Nothing is taken within this block; what is sent meanwhile waits in the queue."""
        await self._joined.wait()  # aiokafka's consumer does not leave a group that it is about to join
        await self._rest()
        yield
        self._working = asyncio.create_task(self._work())

    async def _rest(self) -> None:
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)

    async def job(self, id: str) -> events.ExecutionRequested:
        """The job with this id, as soon as it comes."""
        return (await eventually(lambda: self.jobs_of(id)))[-1]

    def jobs_of(self, id: str) -> list[events.ExecutionRequested]:
        """All jobs with this id so far."""
        return [job for job in self.jobs if job.submission_id == id]

    async def finish(self, job: events.ExecutionRequested, given: judging.Judgement) -> None:
        """Send a result."""
        finished = events.ExecutionFinished(
            submission_id=job.submission_id,
            kind=job.kind,
            author=job.author,
            problem=job.problem,
            language=job.language,
            judgement=given,
            requested_at=job.requested_at,
            replay=job.replay,
        )
        await self.send(finished.SerializeToString(), key=job.submission_id)

    async def request(self, job: events.ExecutionRequested) -> None:
        """Put a job on its topic again."""
        await self._producer.send_and_wait(self._names.jobs, job.SerializeToString(), key=job.submission_id.encode())

    async def send(self, value: bytes | None, *, key: str) -> None:
        """Put anything on the result topic."""
        await self._producer.send_and_wait(self._names.results, value, key=key.encode())

    async def _work(self) -> None:
        consumer = AIOKafkaConsumer(
            self._names.jobs,
            self._names.overflow,
            bootstrap_servers=self._bootstrap,
            group_id=self._names.workers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=1000,
        )
        await consumer.start()
        await eventually(consumer.assignment)
        self._joined.set()
        try:
            async for record in consumer:
                job = events.ExecutionRequested.FromString(record.value)
                self.jobs.append(job)
                if given := self.answer(job):
                    await self.finish(job, given)
                await consumer.commit()
        finally:
            await consumer.stop()
