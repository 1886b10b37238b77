"""Clients that mean harm, or are broken: they are shown out, and nobody else notices."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from pycrdt import Doc, Text
from services.collab.tests.integration.pages import BREAK_THE_DOCUMENT, Page, closing_code, offer, until
from services.collab.tests.integration.stack import World
from websockets.asyncio.client import connect

from codex_collab.rooms import protocol
from codex_collab.rooms.protocol import Step
from codex_protos.collab.v1 import collab_service_pb2 as pb

CLAIMS_A_HUNDRED_MILLION = protocol.number(10**8) + b"\1"


@pytest.fixture
async def session(world: World) -> pb.CreateSessionResponse:
    return await world.session()


@pytest.fixture
async def bystanders(world: World, session: pb.CreateSessionResponse) -> AsyncIterator[tuple[Page, Page]]:
    """Two pages in the same room; in the end they must still be connected, and able to edit."""
    async with world.open(session, "ada") as ada, world.open(session, "bob") as bob:
        ada.type("untouched")
        await until(lambda: bob.text == "untouched")
        yield ada, bob
        ada.type(" and alive")
        await until(lambda: bob.text == "untouched and alive")
        assert ada.connections == bob.connections == 1


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="empty"),
        pytest.param("text", id="text"),
        pytest.param(b"\x4d\x01", id="unknown kind"),
        pytest.param(b"\x00\x09\x00", id="unknown step"),
        pytest.param(b"\x00\x02\x7f", id="cut off"),
        pytest.param(b"\xff" * 40, id="number without end"),
        pytest.param(protocol.sync_message(Step.CHANGE, b"\1\1\x09\xff\3"), id="no update"),
        pytest.param(protocol.sync_message(Step.CHANGE, CLAIMS_A_HUNDRED_MILLION), id="update that claims too much"),
        pytest.param(protocol.sync_message(Step.HAVE, CLAIMS_A_HUNDRED_MILLION), id="state that claims too much"),
        pytest.param(protocol.awareness_message(CLAIMS_A_HUNDRED_MILLION), id="presences that claim too much"),
        pytest.param(protocol.awareness_message(b"\1\x05\1\3NaN"), id="presence that JavaScript can't read"),
        pytest.param(protocol.awareness_message(b"\1\x05\1" + protocol.buffer(b"[" * 4000)), id="deep presence"),
        pytest.param(
            protocol.awareness_message(b"\1\x05\1" + protocol.buffer(b'{"a":"' + b"x" * 5000 + b'"}')),
            id="large presence",
        ),
    ],
)
async def test_what_makes_no_sense_is_answered_with_4400(
    world: World,
    session: pb.CreateSessionResponse,
    bystanders: tuple[Page, Page],  # noqa: ARG001 (they watch)
    message: bytes | str,
) -> None:
    tokens = offer(world.token("eve"), session.invite_token)

    assert await closing_code(session.websocket_url, tokens, message) == 4400


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 5 * 1024 * 1024])
async def test_a_message_that_is_too_large_is_answered_with_4413(
    world: World,
    session: pb.CreateSessionResponse,
    bystanders: tuple[Page, Page],  # noqa: ARG001 (they watch)
    size: int,
) -> None:
    tokens = offer(world.token("eve"), session.invite_token)

    assert await closing_code(session.websocket_url, tokens, b"\0\2" + b"x" * size) == 4413


async def test_a_document_that_grows_too_large_is_answered_with_4413(
    world: World, session: pb.CreateSessionResponse
) -> None:
    async with world.open(session) as ada, world.open(session, "bob") as bob:
        for _ in range(5):
            ada.content.insert(0, "z" * 700_000)
        await until(lambda: ada.codes)

        assert ada.codes == [4413]
        assert len(bob.text) == 2 * 700_000


async def test_a_document_that_broke_is_read_again_and_misses_nothing(
    world: World, session: pb.CreateSessionResponse
) -> None:
    tokens = offer(world.token("eve"), session.invite_token)
    async with world.open(session) as ada, world.open(session, "bob", 1) as bob:
        for round_ in range(5):
            ada.type(f"before {round_}, ")
            assert await closing_code(session.websocket_url, tokens, *BREAK_THE_DOCUMENT) == 4400
            ada.type(f"after {round_}. ")
        await until(lambda: bob.text == ada.text)
        async with world.open(session, "late") as late:
            await until(lambda: late.text == ada.text)
            assert ada.connections == bob.connections == 1

    assert late.text.startswith("before 0, after 0. ")
    assert late.text.endswith("after 4. ")


async def test_random_messages_end_connections_and_nothing_else(
    world: World, session: pb.CreateSessionResponse
) -> None:
    chance = random.Random(20)
    tokens = offer(world.token("eve"), session.invite_token)
    scribble = Doc({"scribble": Text("some words that are sent, and sent again")})
    genuine = protocol.sync_message(Step.CHANGE, scribble.get_update())
    before = world.instances[0].memory()
    async with world.open(session, "ada") as ada, world.open(session, "bob", 1) as bob:
        for _ in range(150):
            async with connect(session.websocket_url, subprotocols=tokens) as socket:
                await socket.send(damaged(genuine, chance))
        ada.type("still here")
        await until(lambda: bob.text == "still here")

        assert ada.connections == bob.connections == 1
    assert world.instances[0].memory() < before + 64 * 1024 * 1024


def damaged(message: bytes, chance: random.Random) -> bytes:
    changed = bytearray(message)
    for _ in range(chance.randrange(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(1, len(changed) + 1)])


async def test_who_sends_too_much_is_read_slower_and_loses_nothing(
    world: World, session: pb.CreateSessionResponse
) -> None:
    async with world.open(session) as ada, world.open(session, "bob") as bob:
        for key in range(700):
            ada.type("abc"[key % 3])
        await until(lambda: len(bob.text) >= 400)
        began = asyncio.get_running_loop().time()
        await until(lambda: bob.text == ada.text)

        assert asyncio.get_running_loop().time() - began > 0.5
        assert ada.connections == 1


async def test_who_reads_nothing_is_cut_off(world: World, session: pb.CreateSessionResponse) -> None:
    client, server = Doc[Text](), world.instances[0]
    tokens = offer(world.token("eve"), session.invite_token)
    before = server.memory()
    async with (
        world.open(session) as ada,
        connect(session.websocket_url, subprotocols=tokens, max_queue=1, close_timeout=0.1) as deaf,
    ):
        await deaf.send(cursor_of(client.client_id))
        await until(lambda: client.client_id in ada.cursors)
        for _ in range(150):
            ada.content.insert(0, "x" * 700_000)
            del ada.content[0:700_000]
        await until(lambda: client.client_id not in ada.cursors, within=30)

        assert ada.connections == 1
    assert server.memory() < before + 64 * 1024 * 1024


def cursor_of(client: int) -> bytes:
    return protocol.awareness_message(b"\1" + protocol.number(client) + b"\1" + protocol.buffer(b'{"here":true}'))
