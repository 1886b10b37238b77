"""Stores that are down: callers are told so, and nobody need restart anything."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_testing.problem import DEADLINE, EASY, ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.stores import Store
from codex_testing.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]


async def test_without_mongodb_every_call_says_so_in_time_and_works_again_afterwards(
    problem: ProblemClient, mongo_store: Store
) -> None:
    kept = (await problem.create(new_user())).submission

    async with mongo_store.down():
        calls: list[Awaitable[object]] = [
            problem.create(new_user(), key="once"),
            problem.create(new_user()),
            problem.finalise(kept),
            problem.get(kept),
            problem.problems.GetProblem(pb.GetProblemRequest(slug=EASY), timeout=DEADLINE),
        ]
        for refused in await asyncio.gather(*map(refusal, calls)):
            assert (refused.code, refused.status.name) == ("dependency_unavailable", "UNAVAILABLE")

    assert (await eventually(lambda: problem.get(kept))) == kept
    await problem.finalise(kept)
    await eventually(lambda: problem.credited(kept))


async def test_what_was_answered_survives_a_power_cut(problem: ProblemClient, mongo_store: Store) -> None:
    author = new_user()
    made = [(await problem.create(author)).submission for _ in range(20)]
    judged = await problem.finalise(made[0])

    async with mongo_store.down():
        pass

    assert (await eventually(lambda: problem.get(made[0]))).judgement == judged
    assert await problem.count(author) == 20


async def test_it_can_be_ended_while_mongodb_is_away(serve: Serve, mongo_store: Store) -> None:
    async with AsyncExitStack() as stack:
        problem = await stack.enter_async_context(serve())
        await problem.finalise((await problem.create(new_user())).submission)
        async with mongo_store.down(), asyncio.timeout(10):
            await stack.aclose()


async def test_without_redis_submissions_go_on_and_points_follow(serve: Serve, redis_store: Store) -> None:
    async with serve(sweep_interval=0.1, sweep_after=0.05) as problem:
        async with redis_store.down():
            submission = await problem.solve(new_user())
            assert (await refusal(problem.board())).code == "dependency_unavailable"

        await eventually(lambda: problem.credited(submission))
        assert (await problem.board(caller=submission.author)).me.score == 10
