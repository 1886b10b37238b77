"""Redis may restart at any moment."""

import asyncio

import pytest

from codex_service.redis import OUTAGES, Script, open_redis, wait_for_redis
from codex_testing.stores import Store

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


async def test_a_script_survives_a_restart_of_redis(redis_store: Store) -> None:
    async with open_redis(redis_store.database(900)) as client:
        add = Script(client, ADD)
        await add.load()
        assert await add(["sum"], [2]) == 2

        async with redis_store.down():
            with pytest.raises(OUTAGES):
                await add(["sum"], [2])
        await client.set("sum", 10)

        assert await add(["sum"], [2]) == 12


async def test_a_broken_connection_is_replaced_within_the_same_command(redis_store: Store) -> None:
    async with open_redis(redis_store.database(901)) as client, open_redis(redis_store.database(901)) as other:
        await client.set("key", "value")
        await other.client_kill_filter(_type="normal", skipme=True)

        assert await client.get("key") == b"value"


async def test_waiting_for_redis_ends_when_it_answers(redis_store: Store) -> None:
    async with open_redis(redis_store.database(902)) as client:
        async with redis_store.down():
            with pytest.raises(TimeoutError):
                await wait_for_redis(client, patience=0.2)
            waiting = asyncio.create_task(wait_for_redis(client))

        await waiting
        assert await client.ping()


async def test_more_commands_than_connections_wait_their_turn(redis_store: Store) -> None:
    async with open_redis(redis_store.database(903), connections=2) as client:
        await asyncio.gather(*(client.incr("sum") for _ in range(200)))

        assert await client.get("sum") == b"200"
