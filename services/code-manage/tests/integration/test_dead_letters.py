"""Records that were given up, as an operator finds, replays and drops them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.codemanage.v1.dead_letter_service_pb2_grpc import DeadLetterServiceStub
from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.messaging.v1 import records_pb2 as records
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.names import Topics
from codex_service.kafka.topics import ensure_topics
from codex_testing.judging import WA, judgement
from codex_testing.manage import ManageClient
from codex_testing.problem import ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.stores import Store
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, accept, keep

SE = judging.VERDICT_SE
CODE = "print('marker 4711')"


class Operator:
    """Puts letters onto the topic as the workers do, and asks for them."""

    def __init__(self, manage: ManageClient, producer: AIOKafkaProducer, topics: Topics) -> None:
        self._stub = DeadLetterServiceStub(manage.channel)
        self._producer, self._topics = producer, topics
        self._number = 0

    async def give_up(self, value: bytes, *, topic: str = "", failures: int = 5, at: int = 1_790_000_000) -> str:
        """A record that failed; the id of its letter."""
        self._number += 1
        record = records.FailedRecord(
            topic=topic or self._topics.jobs,
            partition=3,
            offset=self._number,
            key=b"01a20e3a-615b-7f1e-a611-d5a47f5fb2c9",
            value=value,
            headers={"codex-lane": b"somebody", "codex-failures": b"4", "codex-attempts": b"6"},
            failures=failures,
            attempts=failures + 2,
            reason="SandboxUnavailable: the slot ended",
            trace_context={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        )
        record.first_failed_at.seconds, record.failed_at.seconds = at - 30, at
        id = f"{record.topic}/{record.partition}/{record.offset}"
        letter = records.DeadLetter(id=id, group="workers", record=record)
        await self._producer.send_and_wait(self._topics.dead_letters, letter.SerializeToString(), key=id.encode())
        return id

    async def give_up_many(self, number: int) -> set[str]:
        return set(await asyncio.gather(*(self.give_up(b"x" * 2000) for _ in range(number))))

    async def listed(self, limit: int = 0) -> list[str]:
        return [letter.id for letter in (await self.list(limit)).letters]

    async def list(self, limit: int = 0) -> pb.ListDeadLettersResponse:
        return await self._stub.ListDeadLetters(pb.ListDeadLettersRequest(limit=limit), timeout=15)

    async def show(self, id: str) -> pb.DeadLetter:
        return (await self._stub.GetDeadLetter(pb.GetDeadLetterRequest(id=id), timeout=15)).letter

    async def replay(self, id: str) -> None:
        await self._stub.ReplayDeadLetter(pb.ReplayDeadLetterRequest(id=id), timeout=15)

    async def drop(self, id: str) -> None:
        await self._stub.DropDeadLetter(pb.DropDeadLetterRequest(id=id), timeout=15)


@pytest.fixture
async def operator(manage: ManageClient, kafka_store: Store, prefix: str) -> AsyncIterator[Operator]:
    async with AIOKafkaProducer(bootstrap_servers=kafka_store.url) as producer:
        yield Operator(manage, producer, Topics(prefix))


async def given_up(manage: ManageClient, worker: Worker, operator: Operator, author: str) -> tuple[str, str]:
    """A submission whose job could not be judged: its id, and its letter's."""
    worker.answer = keep
    id = (await manage.submit(author, code=CODE, wait=0)).submission.id
    job = await worker.job(id)
    await worker.finish(job, judgement(SE, attempt=5))
    await eventually(lambda: manage.judged(id, author))
    return id, await operator.give_up(job.SerializeToString())


async def test_letters_are_listed_oldest_failure_first_and_described_without_the_program(operator: Operator) -> None:
    job = events.ExecutionRequested(
        submission_id="01a20e3a-615b-7f1e-a611-d5a47f5fb2c9",
        kind=judging.KIND_RUN,
        author="ada",
        problem="two-sum",
        language="python",
        code=CODE,
        tests=[judging.TestCase(input="secret 4712")],
        attempt=1,
    )
    younger = await operator.give_up(b"\xff nonsense", at=1_790_000_100)
    older = await operator.give_up(job.SerializeToString())

    found = await operator.list()

    assert [letter.id for letter in found.letters] == [older, younger]
    assert not found.more
    described = await operator.show(older)
    assert described == found.letters[0]
    assert (described.failures, described.attempts, described.reason) == (5, 7, "SandboxUnavailable: the slot ended")
    assert described.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert (described.job.submission_id, described.job.author, described.job.attempt) == (job.submission_id, "ada", 1)
    assert described.size == job.ByteSize()
    assert b"471" not in described.SerializeToString()
    assert not found.letters[1].HasField("job")


async def test_a_list_ends_where_it_is_told_to_and_says_so(operator: Operator) -> None:
    ids = {await operator.give_up(b"\xff") for _ in range(5)}

    found = await operator.list(3)

    assert len(found.letters) == 3
    assert found.more
    assert {letter.id for letter in found.letters} < ids
    assert (await refusal(operator.list(1001))).code == "invalid_request"


async def test_a_dropped_letter_is_gone(operator: Operator) -> None:
    dropped, kept = [await operator.give_up(b"\xff") for _ in range(2)]

    await operator.drop(dropped)

    assert await operator.listed() == [kept]
    for again in (operator.drop(dropped), operator.replay(dropped), operator.show(dropped)):
        assert (await refusal(again)).code == "dead_letter_not_found"


async def test_a_replayed_job_is_judged_and_its_verdict_takes_the_place_of_the_system_error(
    manage: ManageClient, problem: ProblemClient, worker: Worker, operator: Operator
) -> None:
    author = new_user()
    id, letter = await given_up(manage, worker, operator, author)
    assert (await manage.get(id, author)).judgement.verdict == SE
    worker.answer = accept

    await operator.replay(letter)

    async def accepted() -> judging.Submission | None:
        submission = await manage.get(id, author)
        return submission if submission.judgement.verdict == judging.VERDICT_AC else None

    judged = await eventually(accepted)
    first, again = worker.jobs_of(id)
    assert (again.replay, again.attempt, again.code) == (True, first.attempt + 5, first.code)
    assert (await problem.get(judged)).judgement == judged.judgement
    assert await operator.listed() == []
    assert (await refusal(operator.replay(letter))).code == "dead_letter_not_found"


async def test_a_replay_changes_nothing_where_there_is_a_verdict_about_the_program(
    manage: ManageClient, worker: Worker, operator: Operator, redis_url: str
) -> None:
    author = new_user()
    worker.answer = lambda _: judgement(WA)
    submission = (await manage.submit(author)).submission
    job = await worker.job(submission.id)
    worker.answer = accept

    await operator.replay(await operator.give_up(job.SerializeToString()))

    async with Redis.from_url(redis_url) as redis:

        async def told() -> bool:
            """Each result that was dealt with ends the stream of events once more."""
            return bool(await redis.xlen(f"events:{submission.id}") == 2)

        await eventually(told)
    assert (await manage.get(submission.id, author)).judgement == submission.judgement


async def test_a_replayed_result_counts_where_none_has(
    manage: ManageClient, worker: Worker, operator: Operator, prefix: str
) -> None:
    worker.answer = keep
    author = new_user()
    id = (await manage.submit(author, wait=0)).submission.id
    job = await worker.job(id)
    result = events.ExecutionFinished(
        submission_id=id, kind=job.kind, author=author, problem=job.problem, judgement=judgement(WA)
    )

    letter = await operator.give_up(result.SerializeToString(), topic=Topics(prefix).results)
    assert (await operator.show(letter)).job.verdict == judging.VERDICT_WA
    await operator.replay(letter)

    assert (await eventually(lambda: manage.judged(id, author))).judgement.verdict == judging.VERDICT_WA


async def test_what_is_no_record_of_ours_is_replayed_as_it_is_without_what_was_counted(
    operator: Operator, kafka_store: Store, prefix: str
) -> None:
    topic = f"{prefix}elsewhere"
    await ensure_topics(Cluster(kafka_store.url), [topic])
    letter = await operator.give_up(b"\xff nonsense", topic=topic)

    await operator.replay(letter)

    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka_store.url, auto_offset_reset="earliest") as consumer:
        record = await asyncio.wait_for(consumer.getone(), 10)
    assert record.value == b"\xff nonsense"
    assert record.key == b"01a20e3a-615b-7f1e-a611-d5a47f5fb2c9"
    assert [name for name, _ in record.headers] == ["codex-lane"]


async def test_a_thousand_letters_are_read_within_seconds(operator: Operator) -> None:
    ids = await operator.give_up_many(1000)

    began = time.monotonic()
    listed = await operator.listed()
    took = time.monotonic() - began

    assert set(listed) == ids
    assert took < 5, took
