"""Who gets in: the holder of a valid access token and of the session's invite token; all others learn why not."""

import time
from collections.abc import Callable

import grpc
import httpx
import pytest
from redis.asyncio import Redis
from services.collab.tests.integration.pages import closing_code, offer, open_page
from services.collab.tests.integration.stack import World
from websockets.asyncio.client import connect

from codex_service.ids import uuid7

Token = Callable[..., str]


async def test_a_session_is_answered_with_all_that_is_needed_to_join_it(world: World, token: Token) -> None:
    session = await world.session()

    assert session.websocket_url == world.url(session.session_id)
    async with connect(session.websocket_url, subprotocols=offer(token(), session.invite_token)) as socket:
        assert socket.subprotocol == "y-codex"
        assert await socket.recv()


async def test_a_session_needs_an_owner(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.instances[0].create_session(owner="")

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "change",
    [
        {"exp": time.time() - 60},
        {"iss": "somebody else"},
        {"sub": None},
    ],
)
async def test_an_access_token_that_is_not_valid_is_refused_with_4401(
    world: World, token: Token, change: dict[str, object]
) -> None:
    session = await world.session()

    assert await closing_code(session.websocket_url, offer(token(**change), session.invite_token)) == 4401


async def test_who_shows_no_token_at_all_is_refused_with_4401(world: World) -> None:
    session = await world.session()

    assert await closing_code(session.websocket_url, []) == 4401
    assert await closing_code(session.websocket_url, offer("", session.invite_token)) == 4401
    assert await closing_code(session.websocket_url, offer("no.such.token", session.invite_token)) == 4401


async def test_who_has_logged_out_is_refused_with_4401(world: World, token: Token, redis: Redis) -> None:
    session = await world.session()
    await redis.set("revoked:a login that ended", b"1", ex=60)

    ended = token(sid="a login that ended")

    assert await closing_code(session.websocket_url, offer(ended, session.invite_token)) == 4401


async def test_an_unknown_session_is_refused_with_4404(world: World, token: Token) -> None:
    session = await world.session()

    assert await closing_code(world.url(uuid7()), offer(token(), session.invite_token)) == 4404
    assert await closing_code(world.url("..%7D%7B"), offer(token(), session.invite_token)) == 4404


async def test_the_invite_token_of_another_session_is_refused_with_4403(world: World, token: Token) -> None:
    mine, other = await world.session(), await world.session()

    assert await closing_code(mine.websocket_url, offer(token(), other.invite_token)) == 4403
    assert await closing_code(mine.websocket_url, offer(token(), "")) == 4403


async def test_a_token_that_expires_ends_the_connection_with_4401(world: World, token: Token) -> None:
    session = await world.session()
    shortly = offer(token(exp=time.time() + 1), session.invite_token)

    assert await closing_code(session.websocket_url, shortly) == 4401


async def test_redis_keeps_no_invite_token(world: World, redis: Redis) -> None:
    session = await world.session()
    key = f"collab:{{{session.session_id}}}:session"
    kept: dict[bytes, bytes] = await redis.hgetall(key)  # type: ignore[assignment]

    assert kept[b"owner"] == b"ada"
    assert kept[b"problem"] == b"two-sum"
    assert session.invite_token.encode() not in b"".join(kept.values())
    assert 0 < await redis.ttl(key) <= 24 * 3600


async def test_logs_hold_no_token_and_no_text(world: World, token: Token) -> None:
    session = await world.session()
    secret = token("somebody with a token")
    page = world.page(session)
    async with open_page(page):
        page.type("a text that is nobody's business")
    await closing_code(session.websocket_url, offer(secret, "a-wrong-invite"))

    said = world.instances[0].log.read_text()

    assert session.session_id in said
    for private in (session.invite_token, secret, "a-wrong-invite", "nobody's business"):
        assert private not in said


async def test_the_http_port_gives_a_sign_of_life(world: World) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{world.instances[0].http_address}/health/live")

    assert answer.status_code == 200


async def test_a_full_room_is_closed_with_4429(world: World, token: Token) -> None:
    session = await world.session()
    protocols = offer(token(), session.invite_token)
    sockets = [await connect(session.websocket_url, subprotocols=protocols) for _ in range(64)]
    try:
        for socket in sockets:
            await socket.recv()
        assert await closing_code(session.websocket_url, protocols) == 4429
    finally:
        for socket in sockets:
            await socket.close()
