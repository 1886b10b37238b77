"""Cursors: everybody's is seen by all, nobody can speak for another, and who leaves takes theirs along."""

from services.collab.tests.integration.pages import Page, open_page, until
from services.collab.tests.integration.stack import World

from codex_collab.rooms import protocol
from codex_collab.rooms.awareness import Presence, write_presences


def shown(page: Page, of: Page) -> bytes | None:
    cursor = page.cursors.get(of.doc.client_id)
    return cursor.state if cursor else None


def claim(client: int, clock: int) -> bytes:
    return protocol.awareness_message(
        write_presences([Presence(client=client, clock=clock, state=b'{"name": "not me"}')])
    )


async def test_cursors_are_seen_on_every_instance(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob", 1) as bob:
        ada.show_cursor(at=1)
        bob.show_cursor(at=2)
        await until(lambda: shown(bob, ada) == b'{"at": 1}' and shown(ada, bob) == b'{"at": 2}')
        ada.show_cursor(at=3)
        await until(lambda: shown(bob, ada) == b'{"at": 3}')


async def test_who_joins_late_sees_the_cursors_of_both_instances(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob", 1) as bob:
        ada.show_cursor(at=1)
        bob.show_cursor(at=2)
        async with world.open(session, "eve") as eve:
            await until(lambda: shown(eve, ada) and shown(eve, bob))


async def test_an_instance_that_joins_late_learns_the_cursors_of_the_others(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada:
        ada.show_cursor(at=1)
        async with world.open(session, "bob", 1) as bob:
            await until(lambda: shown(bob, ada) == b'{"at": 1}')


async def test_who_leaves_takes_the_cursor_along(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "eve", 1) as eve:
        async with world.open(session, "bob") as bob:
            bob.show_cursor(at=2)
            await until(lambda: shown(ada, bob) and shown(eve, bob))
        await until(lambda: not shown(ada, bob) and not shown(eve, bob))


async def test_who_comes_back_is_seen_again_at_once(world: World) -> None:
    session = await world.session()
    bob = world.page(session, "bob")
    async with world.open(session, "ada", 1) as ada:
        for _ in range(3):
            async with open_page(bob):
                bob.show_cursor(at=2)
                await until(lambda: shown(ada, bob))
            await until(lambda: not shown(ada, bob))


async def test_nobody_can_move_the_cursor_of_another(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob") as bob, world.open(session, "eve") as eve:
        ada.show_cursor(at=1)
        await until(lambda: shown(bob, ada))
        eve.say(claim(ada.doc.client_id, 99))
        eve.show_cursor(at=5)
        eve.say(claim(ada.doc.client_id, 100))
        eve.show_cursor(at=6)
        await until(lambda: shown(bob, eve) == b'{"at": 6}')

        assert shown(bob, ada) == b'{"at": 1}'


async def test_a_page_hears_its_own_cursor_so_that_its_connection_is_never_silent(world: World) -> None:
    session = await world.session()
    async with world.open(session, "ada") as ada:
        ada.show_cursor(at=1)
        await until(lambda: shown(ada, ada) == b'{"at": 1}')
