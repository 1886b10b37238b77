"""Who asks for live events and does not read them is dropped; nobody else notices."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

from httpx_sse import ServerSentEvent
from services.gateway.tests.integration.processes import Served, served
from services.gateway.tests.integration.watching import FIRST, TEST, Judged, recorded, rest, watching
from services.gateway.tests.integration.world import Neighbours

from codex_service.redis import open_redis
from codex_testing.waiting import eventually

MANY = 2_500  # events, of some 4 kB: more than connections buffer
LONG = {**TEST, "memory_peak": 10**4_000}


async def test_who_does_not_read_is_dropped_and_others_get_everything(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    url = fresh_redis()
    async with open_redis(url) as redis, served(neighbours, url, CODEX_LIVE_PATIENCE="0.5") as gateway:
        submission = Judged(redis=redis)
        recorded(neighbours, submission)
        async with watching(gateway.client, submission) as events:
            with deaf(gateway, submission) as stalled:
                assert await eventually(lambda: gateway.connections == 2)
                ids, heard = await asyncio.gather(say_much(submission), ids_of(events, MANY + 1))
                assert heard == [FIRST, *ids]
                assert await eventually(lambda: gateway.connections == 1)
                assert await breaks_off(stalled)
            await submission.give_verdict()
            assert [name for _, name, _ in await rest(events)] == ["verdict"]


async def say_much(submission: Judged) -> list[str]:
    return [await submission.say("test", **LONG) for _ in range(MANY)]


async def ids_of(events: AsyncIterator[ServerSentEvent], number: int) -> list[str]:
    return [(await anext(events)).id for _ in range(number)]


def deaf(gateway: Served, submission: Judged) -> socket.socket:
    """A connection that asks for events and reads none of them."""
    url = gateway.client.base_url
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    made.connect((url.host, url.port))
    token = submission.author.token()
    made.sendall(f"GET {submission.path}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return made


async def breaks_off(stalled: socket.socket) -> bool:
    """Whether the answer just breaks off, as soon as what the connection had in it has been read."""
    reader, writer = await asyncio.open_connection(sock=stalled)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200 ") and not answer.endswith(b"0\r\n\r\n")
