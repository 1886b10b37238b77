"""Things that are down or broken: told at once, made up for afterwards, never in the way of others."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.errors import DependencyUnavailable
from codex_service.grpc.client import ping
from codex_service.kafka.names import Topics
from codex_testing.judging import judgement
from codex_testing.manage import ManageClient
from codex_testing.problem import ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.stores import Store
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, keep


async def told_that_it_is_down(manage: ManageClient) -> bool:
    with pytest.raises(DependencyUnavailable):
        await ping(manage.channel)
    return True


async def accepted(manage: ManageClient) -> bool:
    return (await manage.submit(new_user())).submission.judgement.verdict == judging.VERDICT_AC


async def test_without_the_broker_nothing_is_accepted_and_nothing_stored(
    manage: ManageClient, problem: ProblemClient, kafka_store: Store
) -> None:
    author = new_user()
    async with kafka_store.down():
        await eventually(lambda: told_that_it_is_down(manage))

        for call in (manage.submit(author), manage.run(author), manage.execute(author, "")):
            refused = await refusal(call)
            assert (refused.code, refused.status.name) == ("dependency_unavailable", "UNAVAILABLE")
        assert await problem.count(author) == 0

    assert await eventually(lambda: accepted(manage), within=30)


async def test_without_the_database_callers_are_told_so_in_time(manage: ManageClient, mongo_store: Store) -> None:
    assert await accepted(manage)

    async with mongo_store.down():
        refused = await refusal(manage.submit(new_user(), wait=0))
        assert (refused.code, refused.status.name) == ("dependency_unavailable", "UNAVAILABLE")

    assert await eventually(lambda: accepted(manage))


async def test_a_result_that_cannot_be_recorded_is_recorded_when_the_database_is_back(
    manage: ManageClient, worker: Worker, mongo_store: Store
) -> None:
    worker.answer = keep
    author = new_user()
    submission = (await manage.submit(author, wait=0)).submission
    job = await worker.job(submission.id)

    async with mongo_store.down():
        await worker.finish(job, judgement())
        assert (await refusal(manage.get(submission.id, author))).code == "dependency_unavailable"

    assert (await eventually(lambda: manage.judged(submission.id, author))).judgement.passed == 2


async def test_verdicts_come_at_once_while_redis_is_down(manage: ManageClient, redis_store: Store) -> None:
    async with redis_store.down(), asyncio.timeout(20):
        answered = await manage.submit(new_user(), wait=60)

    assert answered.submission.judgement.verdict == judging.VERDICT_AC


@pytest.fixture
def poison() -> dict[str, Any]:
    """Records that no replica can ever make sense of."""
    nobodys = events.ExecutionFinished(
        submission_id="0" * 36, kind=judging.KIND_SUBMIT, author="nobody", judgement=judgement()
    )
    without_verdict = events.ExecutionFinished(submission_id="0" * 36, kind=judging.KIND_SUBMIT)
    of_the_future = events.ExecutionFinished(submission_id="0" * 36, kind=judging.KIND_SUBMIT)
    of_the_future.judgement.verdict = 99  # type: ignore[assignment]  # open enums allow it on the wire
    return {
        "noise": b"\xff\xff\xff",
        "nothing": b"",
        "tombstone": None,
        "nobody's": nobodys.SerializeToString(),
        "without verdict": without_verdict.SerializeToString(),
        "of the future": of_the_future.SerializeToString(),
    }


async def test_records_that_make_no_sense_are_passed_over(
    manage: ManageClient, worker: Worker, poison: dict[str, Any], finished: Callable[[], Any]
) -> None:
    for key, value in poison.items():
        await worker.send(value, key=key)

    for _ in range(12):
        assert await accepted(manage)

    assert await eventually(finished) == len(poison) + 12


@pytest.fixture
def finished(kafka_store: Store, prefix: str, poison: dict[str, Any]) -> Callable[[], Any]:
    """How many results the replicas have done with, once it is as many as were sent."""

    async def count() -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_store.url)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(Topics(prefix).result_readers)
        finally:
            await admin.close()
        done: int = sum(each.offset for each in offsets.values())
        return done if done >= len(poison) + 12 else 0

    return count
