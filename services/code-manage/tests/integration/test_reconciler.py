"""Whatever a crash cut off is taken up again: every submission gets its verdict."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.manage import ManageClient
from codex_testing.problem import ProblemClient, new_user
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, accept, keep

Serve = Callable[..., AbstractAsyncContextManager[ManageClient]]

OFTEN = {"reconcile_interval": 0.2, "reconcile_after": 1.0}


async def test_a_job_that_was_never_produced_is_produced(serve: Serve, problem: ProblemClient, worker: Worker) -> None:
    author = new_user()
    lost = (await problem.create(author, code="print(7)", age=timedelta(minutes=1))).submission

    async with serve(**OFTEN) as manage:
        judged = await eventually(lambda: manage.judged(lost.id, author))

    assert judged.judgement.verdict == judging.VERDICT_AC
    [job] = worker.jobs
    assert (job.author, job.problem, job.code, job.language) == (author, lost.problem, "print(7)", "python")
    assert job.requested_at == lost.created_at


async def test_a_job_whose_worker_died_is_judged_by_another(serve: Serve, worker: Worker) -> None:
    worker.answer = keep
    author = new_user()
    async with serve(**OFTEN) as manage:
        submission = (await manage.submit(author, wait=0)).submission
        await worker.job(submission.id)
        worker.answer = accept

        judged = await eventually(lambda: manage.judged(submission.id, author))

    assert judged.judgement.attempt == 2


async def test_a_submission_that_is_still_young_is_left_alone(
    serve: Serve, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()
    young = (await problem.create(author, age=timedelta(minutes=4))).submission
    old = (await problem.create(author, age=timedelta(minutes=6))).submission

    async with serve(reconcile_interval=0.1, reconcile_after=300.0) as manage:
        await eventually(lambda: manage.judged(old.id, author))
        later = (await problem.create(author, age=timedelta(minutes=7))).submission
        await eventually(lambda: manage.judged(later.id, author))

    assert not worker.jobs_of(young.id)
    assert len(worker.jobs_of(old.id)) == 1


async def test_what_waits_in_the_queue_is_left_there_and_what_was_lost_before_it_is_not(
    serve: Serve, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()
    async with serve(**OFTEN) as manage:
        async with worker.resting():
            queued = (await manage.submit(author, wait=0)).submission
            lost = (await problem.create(author, age=timedelta(minutes=1))).submission
            since = time.monotonic()
            await eventually(lambda: time.monotonic() - since > 3)  # three times as long as patience lasts
        await eventually(lambda: manage.judged(queued.id, author))
        await eventually(lambda: manage.judged(lost.id, author))

    assert [len(worker.jobs_of(each.id)) for each in (queued, lost)] == [1, 1]


async def test_a_submission_that_nobody_can_judge_is_failed_in_the_end(serve: Serve, worker: Worker) -> None:
    worker.answer = keep
    author = new_user()
    async with serve(**OFTEN, reconcile_productions=2) as manage:
        submission = (await manage.submit(author, wait=0)).submission
        failed = await eventually(lambda: manage.judged(submission.id, author), within=20)

    assert failed.judgement.verdict == judging.VERDICT_SE
    assert "platform" in failed.judgement.detail
    assert len(worker.jobs_of(submission.id)) == 2


async def test_of_two_replicas_one_produces_what_was_lost(serve: Serve, problem: ProblemClient, worker: Worker) -> None:
    author = new_user()
    lost = [(await problem.create(author, age=timedelta(minutes=1))).submission for _ in range(20)]

    async with serve(**OFTEN) as manage, serve(**OFTEN):
        for each in lost:
            await eventually(lambda each=each: manage.judged(each.id, author))

    assert [len(worker.jobs_of(each.id)) for each in lost] == [1] * 20
