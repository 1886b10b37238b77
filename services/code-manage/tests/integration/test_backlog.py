"""Who would wait too long is told so before anything is stored, and is taken again when the queue has gone."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import grpc

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.errors import ServiceError
from codex_service.grpc.errors import from_rpc_error
from codex_testing.manage import ManageClient
from codex_testing.problem import ProblemClient, new_user
from codex_testing.waiting import eventually
from codex_testing.worker import Worker

Serve = Callable[..., AbstractAsyncContextManager[ManageClient]]


async def test_a_job_that_would_wait_too_long_is_refused_and_nothing_is_stored(
    serve: Serve, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()

    async def refused() -> ServiceError | None:
        try:
            await manage.submit(author, wait=0)
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error)
        return None

    async with serve(longest_wait=1.5) as manage:
        async with worker.resting():
            await manage.submit(new_user(), wait=0)
            error = await eventually(refused)
            before = await problem.count(author)
            assert await refused()
            assert await problem.count(author) == before

        assert (error.code, error.status.name) == ("overloaded", "UNAVAILABLE")
        assert (error.retry_after or 0) >= 1

        async def taken() -> bool:
            return (await manage.submit(author)).submission.judgement.verdict == judging.VERDICT_AC

        assert await eventually(taken, within=20)
