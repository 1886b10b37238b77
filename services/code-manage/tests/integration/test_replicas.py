"""Several replicas: whichever consumes a result, whoever waits for it is told."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.judging import judgement
from codex_testing.manage import ManageClient
from codex_testing.problem import new_user
from codex_testing.stores import Store
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, accept, keep

Serve = Callable[..., AbstractAsyncContextManager[ManageClient]]

LONG = 60.0  # a wait that does not run out before the test does: news are what ends it


async def test_a_result_that_another_replica_consumed_wakes_the_waiter(serve: Serve) -> None:
    async with serve() as one, serve() as other, asyncio.timeout(30):
        asking = [replica.submit(new_user(), wait=LONG) for replica in (one, other) for _ in range(24)]

        answers = await asyncio.gather(*asking)

    assert {answer.submission.judgement.verdict for answer in answers} == {judging.VERDICT_AC}


async def test_one_key_at_two_replicas_is_one_submission_and_both_get_its_verdict(serve: Serve, worker: Worker) -> None:
    author = new_user()
    async with serve() as one, serve() as other, asyncio.timeout(30):
        both = await asyncio.gather(*(each.submit(author, key="once", wait=LONG) for each in (one, other)))

    assert len({answer.submission.id for answer in both}) == 1
    assert all(answer.submission.judgement.verdict == judging.VERDICT_AC for answer in both)
    assert worker.jobs


async def test_a_run_may_be_asked_for_at_another_replica(serve: Serve) -> None:
    author = new_user()
    async with serve() as one, serve() as other:
        tried = await one.execute(author, "", wait=0)

        await eventually(lambda: other.judged(tried.id, author))


async def test_waiters_are_told_after_redis_has_restarted(serve: Serve, worker: Worker, redis_store: Store) -> None:
    worker.answer = keep
    async with serve() as one, serve() as other, asyncio.timeout(30):
        asking = [
            asyncio.create_task(replica.submit(new_user(), wait=LONG)) for replica in (one, other) for _ in range(12)
        ]
        await eventually(lambda: len(worker.jobs) == 24)
        async with redis_store.down():
            pass

        for job in worker.jobs:
            await worker.finish(job, judgement())

        answers = await asyncio.gather(*asking)

    assert {answer.submission.judgement.verdict for answer in answers} == {judging.VERDICT_AC}


async def test_a_replica_that_ends_lets_its_calls_have_their_verdict(serve: Serve, worker: Worker) -> None:
    worker.answer = keep
    author = new_user()
    async with serve() as one:
        asking = asyncio.create_task(one.submit(author, wait=LONG))
        [job] = await eventually(lambda: worker.jobs)
        ending = asyncio.create_task(worker.finish(job, accept(job)))
    await ending

    assert (await asking).submission.judgement.verdict == judging.VERDICT_AC
