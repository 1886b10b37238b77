"""How often a problem is solved: counted by all replicas together, kept in the database."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_service import mongo
from codex_testing.judging import SE, WA, judgement
from codex_testing.problem import EASY, HARD, ProblemClient, new_user
from codex_testing.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]


async def _acceptance(problem: ProblemClient, slug: str = EASY) -> float | None:
    page = await problem.problems.ListProblems(pb.ListProblemsRequest(limit=100))
    found = next(each for each in page.problems if each.slug == slug)
    return found.acceptance if found.HasField("acceptance") else None


async def test_acceptance_is_the_accepted_share_of_what_was_judged(problem: ProblemClient) -> None:
    author = new_user()
    await problem.create(author)
    await problem.solve(author)
    await problem.finalise((await problem.create(author)).submission, judgement(WA))

    assert await _acceptance(problem) == 0.5
    assert await _acceptance(problem, HARD) is None


async def test_a_failure_of_the_platform_says_nothing_about_a_problem(problem: ProblemClient) -> None:
    author = new_user()
    await problem.solve(author)
    await problem.finalise((await problem.create(author)).submission, judgement(SE))

    assert await _acceptance(problem) == 1.0


async def test_replicas_count_together_and_what_was_counted_outlives_them(
    serve: Serve, fresh_mongo: Callable[[], str]
) -> None:
    stores = {"mongodb_uri": fresh_mongo(), "acceptance_interval": 0.05}
    async with serve(**stores) as one, serve(**stores) as other:
        await one.solve(new_user())
        await other.finalise((await other.create(new_user())).submission, judgement(WA))

        async def agreed() -> bool:
            return [await _acceptance(each) for each in (one, other)] == [0.5, 0.5]

        await eventually(agreed, within=5)
        await one.solve(new_user())
    async with serve(**stores) as later:
        assert await _acceptance(later) == pytest.approx(2 / 3)


async def test_what_was_judged_before_anybody_counted_is_counted_at_the_start(
    serve: Serve, fresh_mongo: Callable[[], str]
) -> None:
    uri = fresh_mongo()
    async with serve(mongodb_uri=uri) as earlier:
        await earlier.solve(new_user())
        await earlier.finalise((await earlier.create(new_user())).submission, judgement(WA))
    async with mongo.open_mongo(uri) as database:
        await database.drop_collection("acceptance")

    async with serve(mongodb_uri=uri) as later:
        assert await _acceptance(later) == 0.5
