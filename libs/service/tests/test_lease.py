"""Of several replicas one leads, and a leader that was stopped writes nothing any more."""

from collections.abc import AsyncIterator, Callable

import pytest

from codex_service.lease import Lease
from codex_service.redis import RedisClient, open_redis
from codex_testing.waiting import eventually


@pytest.fixture
async def redis(fresh_redis: Callable[[], str]) -> AsyncIterator[RedisClient]:
    async with open_redis(fresh_redis()) as client:
        yield client


def _lease(redis: RedisClient, holder: str, seconds: float = 30.0) -> Lease:
    return Lease(redis, "work", holder=holder, seconds=seconds)


async def test_one_of_two_leads_for_as_long_as_it_says_so(redis: RedisClient) -> None:
    first, second = _lease(redis, "a"), _lease(redis, "b")

    assert [await first.take(), await second.take(), await first.take()] == [True, False, True]


async def test_another_leads_when_the_lease_runs_out(redis: RedisClient) -> None:
    first, second = _lease(redis, "a", seconds=0.2), _lease(redis, "b")
    await first.take()

    await eventually(second.take)

    assert not await first.take()
    assert not first.held


async def test_another_leads_at_once_when_the_lease_was_given_back(redis: RedisClient) -> None:
    first, second = _lease(redis, "a"), _lease(redis, "b")
    await first.take()
    await first.give_back()

    assert await second.take()


async def test_a_former_leader_writes_nothing(redis: RedisClient) -> None:
    first, second = _lease(redis, "a", seconds=0.1), _lease(redis, "b")
    await first.take()
    await eventually(second.take)

    assert not await first.set("k", "old", seconds=60)
    assert await second.set("k", "new", seconds=60)
    assert await redis.get("k") == b"new"


async def test_the_lease_survives_that_redis_forgets_everything(redis: RedisClient) -> None:
    lease = _lease(redis, "a")
    await lease.take()
    await redis.flushdb()

    assert await lease.take()
    assert await lease.set("k", "v", seconds=60)
