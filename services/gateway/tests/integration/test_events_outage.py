"""Live events when Redis is away: streams live on, and the record knows the verdict."""

from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.watching import FIRST, LAST, TEST, Judged, recorded, rest, said, watching

from codex_testing.stores import Store


async def test_without_redis_the_verdict_comes_from_the_record(serve: Serve, redis_store: Store) -> None:
    async with serve(live_heartbeat=0.2) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        async with watching(gateway.client, submission) as events:
            assert said(await anext(events))[0] == FIRST
            async with redis_store.down():
                submission.finish()
                assert [id for id, _, _ in await rest(events)] == [LAST]


async def test_a_stream_outlives_a_restart_of_redis(serve: Serve, redis_store: Store) -> None:
    async with serve() as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        async with watching(gateway.client, submission) as events:
            assert said(await anext(events))[0] == FIRST
            async with redis_store.down():
                pass
            tested = await submission.say("test", **TEST)
            assert said(await anext(events)) == (tested, "test", TEST)
            await submission.give_verdict()
            assert [id for id, _, _ in await rest(events)] == [LAST]


async def test_a_lost_stream_keeps_nobody_from_the_verdict(serve: Serve) -> None:
    async with serve(live_heartbeat=0.2) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        running = await submission.say("state", state="running")
        async with watching(gateway.client, submission) as events:
            assert [said(await anext(events))[0] for _ in range(2)] == [FIRST, running]
            await gateway.redis.flushdb()
            submission.finish()
            assert [id for id, _, _ in await rest(events)] == [LAST]


async def test_a_neighbour_that_cannot_be_asked_ends_no_stream(serve: Serve) -> None:
    async with serve(live_heartbeat=0.2) as gateway:
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        async with watching(gateway.client, submission) as events:
            assert said(await anext(events))[0] == FIRST
            async with gateway.neighbours.manage.down():
                await submission.give_verdict()
            assert [id for id, _, _ in await rest(events)] == [LAST]
