"""What breaks comes back: Redis, its connections, an instance of the service."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from services.collab.tests.integration.pages import BREAK_THE_DOCUMENT, Page, closing_code, offer, until
from services.collab.tests.integration.stack import Instance, Store, World, some_store

Token = Callable[..., str]
Start = Callable[[Store], Instance]


@pytest.fixture
async def fragile(tmp_path: Path) -> AsyncIterator[Store]:
    """A Redis of this test's own, which loses everything when it is stopped."""
    async with some_store(tmp_path, forgetful=True) as store:
        yield store


async def two_instances(store: Store, start: Start, token: Token) -> World:
    world = World([start(store), start(store)], token)
    for instance in world.instances:
        await instance.start()
    return world


async def end(world: World) -> None:
    for instance in world.instances:
        assert await instance.terminate() == 0


def agree(*pages: Page) -> bool:
    return len({page.text for page in pages}) == 1


async def test_editing_goes_on_while_redis_is_down_and_instances_agree_afterwards(
    fragile: Store, start: Start, token: Token
) -> None:
    world = await two_instances(fragile, start, token)
    session = await world.session()
    async with (
        world.open(session, "ada") as ada,
        world.open(session, "bob") as bob,
        world.open(session, "eve", 1) as eve,
    ):
        ada.type("before.")
        await until(lambda: agree(ada, bob, eve) and ada.text)
        await fragile.stop()
        ada.type(" meanwhile here.")
        eve.content.insert(0, "meanwhile there. ")
        await until(lambda: bob.text == ada.text)
        refused = await closing_code(world.url(session.session_id), offer(token("late"), session.invite_token))
        await fragile.start()
        await until(lambda: agree(ada, bob, eve))

        assert refused == 4503
        assert ada.text == "meanwhile there. before. meanwhile here."
        assert ada.connections == bob.connections == eve.connections == 1
    await end(world)


async def test_who_writes_more_than_can_be_kept_while_redis_is_down_is_sent_away_and_loses_nothing(
    tmp_path: Path, start: Start, token: Token
) -> None:
    async with some_store(tmp_path) as store:
        world = await two_instances(store, start, token)
        session = await world.session()
        async with world.open(session, "ada", staying=True) as ada:
            await store.stop()
            for _ in range(8):
                ada.content.insert(0, "x" * 700_000)
                del ada.content[0:700_000]
            ada.type("the end")
            await until(lambda: 4503 in ada.codes)
            await store.start()
            async with world.open(session, "bob", 1) as bob:
                await until(lambda: bob.text == "the end")
                assert bob.connections == 1
        await end(world)


async def test_a_document_that_breaks_while_redis_is_down_misses_nothing_afterwards(
    fragile: Store, start: Start, token: Token
) -> None:
    world = await two_instances(fragile, start, token)
    session = await world.session()
    async with Redis.from_url(fragile.url) as redis:
        description = await description_of(session.session_id, redis)
    async with world.open(session, "ada") as ada, world.open(session, "eve") as eve:
        await fragile.stop()
        ada.type("written while Redis was down")
        await until(lambda: eve.text == ada.text)
        for message in BREAK_THE_DOCUMENT:
            eve.say(message)
        await until(lambda: eve.codes == [4400])
        await fragile.start()
        async with Redis.from_url(fragile.url) as redis:
            await redis.hset(key_of(session.session_id), mapping=description)  # type: ignore[arg-type]
        for instance in (0, 1):
            async with world.open(session, "bob", instance) as bob:
                await until(lambda bob=bob: bob.text == ada.text)  # type: ignore[misc]
    await end(world)


def key_of(session_id: str) -> str:
    return f"collab:{{{session_id}}}:session"


async def description_of(session_id: str, redis: Redis) -> dict[bytes, bytes]:
    """What a forgetful Redis forgets about a session, although people may still join it."""
    description: dict[bytes, bytes] = await redis.hgetall(key_of(session_id))  # type: ignore[assignment]
    return description


async def test_a_log_that_redis_has_lost_is_written_again(fragile: Store, start: Start, token: Token) -> None:
    world = await two_instances(fragile, start, token)
    session = await world.session()
    async with Redis.from_url(fragile.url) as redis:
        description = await description_of(session.session_id, redis)
    async with world.open(session, "ada") as ada:
        ada.type("written before Redis forgot everything")
        await fragile.stop()
        await fragile.start()
        async with Redis.from_url(fragile.url) as redis:
            await redis.hset(key_of(session.session_id), mapping=description)  # type: ignore[arg-type]
        async with world.open(session, "bob", 1) as bob:
            await until(lambda: bob.text == ada.text)
    await end(world)


async def test_what_a_broken_connection_to_the_bus_has_missed_is_read_from_the_log(world: World, redis: Redis) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob", 1) as bob:
        for round_ in range(5):
            await redis.client_kill_filter(_type="pubsub")
            ada.type(f"{round_} here, ")
            bob.content.insert(0, f"{round_} there, ")
        await until(lambda: agree(ada, bob), within=3)
        ada.show_cursor(at=1)
        await until(lambda: ada.doc.client_id in bob.cursors)

    assert ada.text.count("here") == ada.text.count("there") + 5 == 10


async def test_an_instance_that_is_killed_loses_nothing_that_a_page_still_has(
    store: Store, start: Start, token: Token
) -> None:
    world = await two_instances(store, start, token)
    session = await world.session()
    async with (
        world.open(session, "ada", staying=True) as ada,
        world.open(session, "bob", 1, staying=True) as bob,
    ):
        ada.show_cursor(at=1)
        await until(lambda: ada.doc.client_id in bob.cursors)
        for round_ in range(2):
            ada.type(f"before {round_}, ")
            await world.instances[0].kill()
            ada.type(f"without {round_}, ")
            bob.type(f"elsewhere {round_}, ")
            await world.instances[0].start()
            ada.type(f"after {round_}. ")
            await until(lambda: agree(ada, bob))

        assert ada.connections == 3
        assert bob.connections == 1
        assert [ada.text.count(word) for word in ("before", "without", "elsewhere", "after")] == [2, 2, 2, 2]
    await end(world)
