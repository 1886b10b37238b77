"""Live events over processes: another replica goes on, an end is an end, and many watchers cost little."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import pytest
import structlog
from services.gateway.tests.integration.processes import Served, served
from services.gateway.tests.integration.watching import FIRST, LAST, TEST, Judged, recorded, rest, said, watching
from services.gateway.tests.integration.world import Neighbours, User

from codex_service.redis import open_redis

Ear = tuple[asyncio.StreamReader, asyncio.StreamWriter]

log = structlog.get_logger()

STREAMS = 500
PEOPLE = 25
MOST_MEMORY = 60_000_000  # bytes, for all of them together


async def test_another_replica_goes_on_where_the_first_one_stopped(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    url = fresh_redis()
    async with open_redis(url) as redis, served(neighbours, url) as one, served(neighbours, url) as other:
        submission = Judged(redis=redis)
        recorded(neighbours, submission)
        async with watching(one.client, submission) as events:
            assert said(await anext(events))[0] == FIRST
        running = await submission.say("state", state="running")
        async with watching(other.client, submission, after=FIRST) as events:
            assert said(await anext(events))[0] == running
        tested = [await submission.say("test", **TEST) for _ in range(3)]
        await submission.give_verdict()
        async with watching(one.client, submission, after=tested[0]) as events:
            assert [id for id, _, _ in await rest(events)] == [*tested[1:], LAST]


async def test_the_end_of_a_process_ends_its_streams_at_once_and_properly(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    url = fresh_redis()
    async with open_redis(url) as redis, served(neighbours, url) as gateway, AsyncExitStack() as stack:
        submission = Judged(redis=redis)
        recorded(neighbours, submission)
        streams = [await stack.enter_async_context(watching(gateway.client, submission)) for _ in range(10)]
        assert {said(await anext(stream))[0] for stream in streams} == {FIRST}

        began = time.monotonic()
        assert await gateway.end() == 0
        assert time.monotonic() - began < 2
        for stream in streams:
            assert await rest(stream) == []


@pytest.mark.slow
async def test_many_watchers_cost_little_and_each_gets_its_verdict(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    url = fresh_redis()
    people = [User() for _ in range(PEOPLE)]
    async with open_redis(url) as redis, served(neighbours, url) as gateway, asyncio.timeout(90):
        warm_up = [Judged(redis=redis) for _ in range(20)]
        submissions = [Judged(redis=redis, author=people[number % PEOPLE]) for number in range(STREAMS)]
        recorded(neighbours, *warm_up, *submissions)
        await all_stories(gateway, warm_up)
        idle = gateway.resident
        stories, most = await all_stories(gateway, submissions)

    log.info("memory of open streams", streams=STREAMS, megabytes=(most - idle) / 1e6)
    assert stories == [["state", "test", "test", "verdict"]] * STREAMS
    assert most - idle < MOST_MEMORY


async def all_stories(gateway: Served, submissions: Sequence[Judged]) -> tuple[list[list[str]], int]:
    """What those hear who were all there before anything happened; and the most memory that was seen, bytes."""
    doors = asyncio.Semaphore(25)
    ears = await asyncio.gather(*(listen(gateway, one, doors) for one in submissions))
    resident = gateway.resident
    listening = [asyncio.create_task(names(ear)) for ear in ears]
    for submission in submissions:
        await submission.say("state", state="running")
        await submission.say("test", **TEST)
        await submission.say("test", **TEST)
        await submission.give_verdict()
    heard = await asyncio.gather(*listening)
    return heard, max(resident, gateway.resident)


async def listen(gateway: Served, submission: Judged, doors: asyncio.Semaphore) -> Ear:
    """A plain connection that has had its first event: so many clients of a library would be what is measured."""
    url = gateway.client.base_url
    async with doors:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        headers = f"Authorization: Bearer {submission.author.token()}\r\nConnection: close\r\nHost: x"
        writer.write(f"GET {submission.path}/events HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        assert b'{"state":"queued"}' in await reader.readuntil(b"}")
        return reader, writer


async def names(ear: Ear) -> list[str]:
    """The names of all events that come until the connection ends."""
    reader, writer = ear
    lines = [line.decode().strip() async for line in reader]
    writer.close()
    return [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
