"""Live events have bounds: how many watch, how long, how slowly, and what they may take from others."""

import asyncio
from contextlib import AsyncExitStack

from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.watching import FIRST, Judged, recorded, rest, said, watching
from services.gateway.tests.integration.world import Gateway, assert_refused

from codex_testing.waiting import eventually

BOARD = "/api/v1/user/leaderboard/global"


async def opens(gateway: Gateway, submission: Judged) -> bool:
    """Whether there is room for one more watcher now."""
    async with gateway.client.stream(
        "GET", f"{submission.path}/events", headers=submission.author.headers()
    ) as response:
        return response.status_code == 200


async def test_a_user_may_watch_so_many_and_others_go_on(serve: Serve) -> None:
    async with serve(live_streams_per_user=2) as gateway, AsyncExitStack() as stack:
        mine, others = Judged(redis=gateway.redis), Judged(redis=gateway.redis)
        recorded(gateway.neighbours, mine, others)
        streams = [await stack.enter_async_context(watching(gateway.client, mine)) for _ in range(2)]

        response = await gateway.get(f"{mine.path}/events", mine.author)
        assert_refused(response, 429, "rate_limited")
        assert response.headers["retry-after"] == "5"
        assert await opens(gateway, others)
        await mine.give_verdict()
        for stream in streams:
            assert (await rest(stream))[-1][1] == "verdict"
        assert await eventually(lambda: opens(gateway, mine))


async def test_a_gateway_serves_so_many_watchers_and_sends_others_away(serve: Serve) -> None:
    async with serve(live_streams=3) as gateway:
        submissions = [Judged(redis=gateway.redis) for _ in range(4)]
        recorded(gateway.neighbours, *submissions)
        async with AsyncExitStack() as stack:
            for one in submissions[:3]:
                await stack.enter_async_context(watching(gateway.client, one))
            response = await gateway.get(f"{submissions[3].path}/events", submissions[3].author)
            assert_refused(response, 503, "overloaded")
            assert response.headers["retry-after"] == "2"

        assert await eventually(lambda: opens(gateway, submissions[3]))


async def test_watchers_take_no_place_from_requests(serve: Serve) -> None:
    async with serve(max_requests=2) as gateway, AsyncExitStack() as stack:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        for _ in range(8):
            stream = await stack.enter_async_context(watching(gateway.client, submission))
            assert said(await anext(stream))[0] == FIRST

        assert (await gateway.get(BOARD)).status_code == 200


async def test_silence_is_filled_with_comments_that_are_no_events(serve: Serve) -> None:
    async with serve(live_heartbeat=0.1) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        headers = submission.author.headers()
        async with gateway.client.stream("GET", f"{submission.path}/events", headers=headers) as response:
            lines = response.aiter_lines()
            block = [await anext(lines) for _ in range(7)]
            assert block[4:] == ["", ": still here", ": still here"]

        async with watching(gateway.client, submission) as events:
            asked = len(gateway.neighbours.manage.calls)
            await eventually(lambda: len(gateway.neighbours.manage.calls) >= asked + 3)
            await submission.give_verdict()
            assert [name for _, name, _ in await rest(events)] == ["state", "verdict"]


async def test_an_old_stream_ends_and_its_client_goes_on(serve: Serve) -> None:
    async with serve(live_lifetime=0.3) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        running = await submission.say("state", state="running")
        async with watching(gateway.client, submission) as events:
            assert [id for id, _, _ in await rest(events)] == [FIRST, running]

        await submission.give_verdict()
        async with watching(gateway.client, submission, after=running) as events:
            assert [name for _, name, _ in await rest(events)] == ["verdict"]


async def test_nothing_is_left_of_watchers_that_went_away(serve: Serve) -> None:
    async with serve(live_streams_per_user=1) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with watching(gateway.client, submission) as events:
                await anext(events)
            await eventually(lambda: opens(gateway, submission))
        await eventually(lambda: len(asyncio.all_tasks()) <= before + 1)
