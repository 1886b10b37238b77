"""Boards: who leads, where one stands oneself, and that Redis may forget all of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from redis.asyncio import Redis

from codex_problem.problems.model import POINTS
from codex_service.mongo import open_mongo
from codex_testing.problem import EASY, HARD, MEDIUM, ProblemClient, new_user
from codex_testing.users import Users, name_of
from codex_testing.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]

DAY = timedelta(days=1)


async def solved(problem: ProblemClient, author: str, *slugs: str) -> None:
    for slug in slugs:
        submission = await problem.solve(author, slug)
        await eventually(partial(problem.credited, submission))


async def test_points_and_solved_problems_decide_the_rank(problem: ProblemClient) -> None:
    low, high, middle = (new_user() for _ in range(3))
    await solved(problem, low, EASY)
    await solved(problem, high, HARD, EASY)
    await solved(problem, middle, MEDIUM)

    board = await problem.board()

    assert [(each.rank, each.username, each.score, each.solved) for each in board.entries] == [
        (1, name_of(high), 50, 2),
        (2, name_of(middle), 25, 1),
        (3, name_of(low), 10, 1),
    ]
    assert not board.HasField("me")


async def test_one_sees_oneself_outside_the_limit_too(problem: ProblemClient) -> None:
    low = new_user()
    await solved(problem, low, EASY)
    for _ in range(3):
        await solved(problem, new_user(), HARD)

    board = await problem.board(caller=low, limit=2)

    assert [entry.rank for entry in board.entries] == [1, 2]
    assert (board.me.rank, board.me.username, board.me.score) == (4, name_of(low), 10)


async def test_who_has_gained_nothing_has_no_row(problem: ProblemClient) -> None:
    caller = new_user()
    await problem.create(caller)

    assert not (await problem.board(caller=caller)).HasField("me")


async def test_a_country_has_a_board_of_its_own(problem: ProblemClient, users: Users) -> None:
    german, swiss, other = (new_user() for _ in range(3))
    users.countries |= {german: "DE", swiss: "CH"}
    await solved(problem, swiss, HARD)
    await solved(problem, german, EASY)
    await solved(problem, other, MEDIUM)

    board = await problem.board(caller=german, country="DE")

    assert [(each.rank, each.username, each.country) for each in board.entries] == [(1, name_of(german), "DE")]
    assert board.me.rank == 1
    assert not (await problem.board(caller=german, country="CH")).HasField("me")
    assert (await problem.board(caller=german)).me.rank == 3
    assert not (await problem.board(country="FR")).entries


@pytest.fixture
async def ledger(fresh_mongo: Callable[[], str]) -> str:
    """A database in which three people have reached 40 points on different days."""
    uri = fresh_mongo()
    today = datetime.now(UTC)
    async with open_mongo(uri) as database:
        for user, age in (("second", 2), ("last", 1), ("first", 3)):
            line = {
                "_id": f"{user}:{HARD}",
                "user": user,
                "problem": HARD,
                "submission": user,
                "points": POINTS["hard"],
                "at": today - age * DAY,
            }
            await database["scores"].insert_one(line)
    return uri


async def test_of_equal_scores_the_one_reached_earlier_stands_higher(serve: Serve, ledger: str) -> None:
    async with serve(mongodb_uri=ledger) as problem:
        names = [entry.username for entry in (await problem.board()).entries]

    assert names == [name_of(user) for user in ("first", "second", "last")]


async def test_boards_that_redis_has_lost_are_made_again_from_the_ledger(
    serve: Serve, fresh_redis: Callable[[], str], users: Users
) -> None:
    url, author = fresh_redis(), new_user()
    users.countries[author] = "DE"
    async with serve(redis_url=url) as problem, Redis.from_url(url) as redis:
        await solved(problem, author, EASY)
        await solved(problem, new_user(), HARD)
        before = await problem.board(caller=author)
        at_home = await problem.board(caller=author, country="DE")

        await redis.flushall()

        assert await problem.board(caller=author) == before
        assert await problem.board(caller=author, country="DE") == at_home


async def test_a_point_gained_after_the_loss_does_not_hide_the_others(
    serve: Serve, fresh_redis: Callable[[], str]
) -> None:
    url = fresh_redis()
    async with serve(redis_url=url) as problem, Redis.from_url(url) as redis:
        await solved(problem, new_user(), HARD)
        await problem.board()
        await redis.flushall()

        await solved(problem, new_user(), EASY)

        assert [entry.score for entry in (await problem.board()).entries] == [40, 10]


async def test_somebody_who_is_gone_is_left_out_when_boards_are_made_again(
    serve: Serve, ledger: str, users: Users
) -> None:
    users.gone.add("first")
    async with serve(mongodb_uri=ledger) as problem:
        names = [entry.username for entry in (await problem.board()).entries]

    assert names == [name_of("second"), name_of("last")]
