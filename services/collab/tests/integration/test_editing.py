"""Editing together: what one writes, all see, wherever they are connected."""

import random

from redis.asyncio import Redis
from services.collab.tests.integration.pages import Page, open_page, until
from services.collab.tests.integration.stack import World


def agree(*pages: Page) -> bool:
    return len({page.text for page in pages}) == 1


async def test_two_pages_of_one_room_see_what_the_other_writes(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob") as bob:
        ada.type("def two_sum(")
        await until(lambda: bob.text == "def two_sum(")
        bob.type("numbers):")
        await until(lambda: ada.text == "def two_sum(numbers):")


async def test_pages_on_two_instances_that_type_at_once_end_with_the_same_text(world: World) -> None:
    session = await world.session()
    chance = random.Random(7)
    async with world.open(session, "ada", 0) as ada, world.open(session, "bob", 1) as bob:
        for round_ in range(200):
            page = chance.choice((ada, bob))
            page.content.insert(chance.randrange(len(page.text) + 1), f"<{round_}>")
            if chance.random() < 0.2:
                await until(lambda: agree(ada, bob))

        await until(lambda: agree(ada, bob))
        assert ada.text.count(">") == 200


async def test_who_joins_late_gets_the_whole_text_on_either_instance(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada:
        for line in range(100):
            ada.type(f"line {line}\n")
        async with world.open(session, "bob", 0) as near, world.open(session, "eve", 1) as far:
            await until(lambda: agree(ada, near, far))

    assert far.text.endswith("line 99\n")


async def test_the_text_outlives_the_last_page(world: World) -> None:
    session = await world.session()
    async with world.open(session) as ada:
        ada.type("come back to me")
    async with world.open(session, "bob", 1) as bob:
        await until(lambda: bob.text == "come back to me")


async def test_what_was_written_without_a_connection_arrives_with_the_next(world: World) -> None:
    session = await world.session()
    ada = world.page(session)
    async with open_page(ada):
        ada.type("before, ")
    ada.type("offline, ")
    async with world.open(session, "bob", 1) as bob:
        await until(lambda: bob.text == "before, ")
        async with open_page(ada):
            await until(lambda: bob.text == "before, offline, ")


async def test_rooms_do_not_hear_each_other(world: World) -> None:
    mine, other = await world.session(), await world.session()
    async with world.open(mine) as ada, world.open(other) as eve, world.open(mine, "bob") as bob:
        ada.type("mine")
        await until(lambda: bob.text == "mine")
        assert eve.text == ""


async def test_a_log_that_grows_long_is_replaced_by_the_document(world: World, redis: Redis) -> None:
    session = await world.session()
    log = f"collab:{{{session.session_id}}}:log"
    async with world.open(session, "ada") as ada, world.open(session, "bob", 1) as bob:
        for round_ in range(24):
            ada.content.insert(0, f"{round_}" + "x" * 400_000)
            del ada.content[1:400_000]
            await until(lambda: agree(ada, bob))
        size = await redis.memory_usage(log)
        async with world.open(session, "eve", 1) as eve:
            await until(lambda: agree(ada, bob, eve))

    assert size
    assert size < 6_000_000 < 24 * 400_000
