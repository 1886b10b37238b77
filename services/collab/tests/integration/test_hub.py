"""Rooms in one process, where moments can be met that pass too quickly between processes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from pycrdt import Doc, Text
from redis.asyncio import Redis
from services.collab.tests.integration.pages import BREAK_THE_DOCUMENT, until

from codex_collab.errors import MalformedMessage
from codex_collab.rooms import protocol
from codex_collab.rooms.hub import Hub
from codex_collab.rooms.member import Member
from codex_collab.rooms.protocol import Step
from codex_service.ids import uuid7


@pytest.fixture
async def hub(redis: Redis) -> AsyncIterator[Hub]:
    hub = Hub(redis)
    await hub.start()
    yield hub
    await hub.stop(5)


async def receive(member: Member, page: Doc[Text], enough: Callable[[], bool]) -> None:
    """Have a page take what the room sends, until that is enough."""
    async with asyncio.timeout(4):
        while not enough():
            for message in await member.outgoing():
                match protocol.parse(message):
                    case protocol.Sync(Step.LACK | Step.CHANGE, payload):
                        page.apply_update(payload)


async def test_who_joins_while_a_broken_document_is_read_again_misses_nothing(hub: Hub) -> None:
    room = await hub.room(uuid7())
    eve, bob, page = Member("eve"), Member("bob"), Doc[Text]()
    text = page.get("code", type=Text)
    room.join(eve)
    room.receive(eve, protocol.sync_message(Step.CHANGE, Doc({"code": Text("all of it")}).get_update()))
    await until(lambda: room.outbox.empty)

    room.receive(eve, BREAK_THE_DOCUMENT[0])
    with pytest.raises(MalformedMessage):
        room.receive(eve, BREAK_THE_DOCUMENT[1])
    room.join(bob)
    room.receive(bob, protocol.sync_message(Step.HAVE, page.get_state()))

    await receive(bob, page, lambda: str(text) == "all of it")


async def test_many_who_enter_a_room_at_once_enter_the_same(hub: Hub) -> None:
    session = uuid7()

    rooms = await asyncio.gather(*(hub.room(session) for _ in range(20)))

    assert len(set(map(id, rooms))) == 1


async def test_what_was_written_last_is_in_the_log_when_the_hub_has_stopped(redis: Redis) -> None:
    session, hub, member = uuid7(), Hub(redis), Member("ada")
    await hub.start()
    room = await hub.room(session)
    room.join(member)
    for word in ("first", "last"):
        await until(lambda: room.outbox.empty)
        room.receive(member, protocol.sync_message(Step.CHANGE, Doc({"code": Text(word)}).get_update()))
    await hub.stop(5)

    assert await redis.xlen(f"collab:{{{session}}}:log") == 2
