"""Points that a crash or an outage cut off are made up, once."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from codex_testing.problem import EASY, HARD, ProblemClient, new_user
from codex_testing.users import Users
from codex_testing.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]

SWEEPING = {"sweep_interval": 0.1, "sweep_after": 0.05}
NO_SWEEP = {"sweep_interval": 3600, "shutdown_grace": 0}


async def test_a_credit_cut_off_by_a_crash_is_made_up_by_the_next_process(
    serve: Serve, users: Users, fresh_mongo: Callable[[], str], fresh_redis: Callable[[], str]
) -> None:
    stores = {"mongodb_uri": fresh_mongo(), "redis_url": fresh_redis()}
    async with users.neighbour.down(), serve(**stores, **NO_SWEEP) as problem:
        submission = await problem.solve(new_user(), HARD)

        assert not (await problem.get(submission)).HasField("score")

    async with serve(**stores, **SWEEPING) as problem:
        await eventually(lambda: problem.credited(submission))

        assert (await problem.get(submission)).score == 40
        assert (await problem.board(caller=submission.author)).me.score == 40
    assert (submission.author, HARD, "hard") in users.progress


async def test_verdicts_are_given_while_auth_user_is_down_and_points_follow(serve: Serve, users: Users) -> None:
    async with serve(**SWEEPING) as problem:
        async with users.neighbour.down():
            submission = await problem.solve(new_user())
            assert (await problem.get(submission)).judgement.passed == 2

        await eventually(lambda: problem.credited(submission))
        assert (await problem.get(submission)).score == 10


async def test_points_are_entered_once_however_often_the_credit_is_repeated(serve: Serve, users: Users) -> None:
    author = new_user()
    async with serve(**SWEEPING) as problem:
        async with users.neighbour.down():
            submissions = [await problem.solve(author) for _ in range(3)]

        for submission in submissions:
            await eventually(partial(problem.credited, submission))

        assert sorted([(await problem.get(each)).score for each in submissions]) == [0, 0, 10]
        assert (await problem.board(caller=author)).me.score == 10
    assert set(users.progress) == {(author, EASY, "easy")}


async def test_somebody_who_is_gone_does_not_hold_up_the_points_of_others(serve: Serve, users: Users) -> None:
    gone, author = new_user(), new_user()
    users.gone.add(gone)
    async with serve(**SWEEPING) as problem:
        async with users.neighbour.down():
            first, second = await problem.solve(gone), await problem.solve(author)

        await eventually(lambda: problem.credited(second))
        await eventually(lambda: problem.credited(first))

        assert (await problem.get(first)).score == 0
        assert [entry.score for entry in (await problem.board()).entries] == [10]
