"""Live events: the whole story, the rest of it, and who may listen."""

import asyncio
from typing import Any

import pytest
from services.gateway.tests.integration.watching import FIRST, LAST, TEST, Judged, recorded, rest, said, watching
from services.gateway.tests.integration.world import Gateway, User, assert_dressed, assert_refused

from codex_testing.waiting import eventually

QUEUED = (FIRST, "state", {"state": "queued"})


@pytest.fixture
def submission(gateway: Gateway) -> Judged:
    """A pending submission."""
    made = Judged(redis=gateway.redis)
    recorded(gateway.neighbours, made)
    return made


async def seen(gateway: Gateway, submission: Judged) -> object:
    return (await gateway.get(submission.path, submission.author)).json()


async def test_a_watcher_is_told_everything_while_it_happens(gateway: Gateway, submission: Judged) -> None:
    async with watching(gateway.client, submission) as events:
        assert said(await anext(events)) == QUEUED
        running = await submission.say("state", state="running")
        assert said(await anext(events)) == (running, "state", {"state": "running"})
        tested = await submission.say("test", **TEST)
        assert said(await anext(events)) == (tested, "test", TEST)
        await submission.give_verdict()
        assert await rest(events) == [(LAST, "verdict", await seen(gateway, submission))]


async def test_who_joins_does_not_wait_for_the_reader(gateway: Gateway, submission: Judged) -> None:
    other = Judged(redis=gateway.redis)
    recorded(gateway.neighbours, submission, other)
    running = await submission.say("state", state="running")
    async with watching(gateway.client, other) as before:
        await anext(before)
        await eventually(lambda: reader_waits(gateway))
        async with asyncio.timeout(1), watching(gateway.client, submission, after=FIRST) as events:
            assert (await anext(events)).id == running


async def reader_waits(gateway: Gateway) -> bool:
    """Whether Redis holds a command back, as it would for two seconds."""
    clients: Any = await gateway.redis.client_list()
    return any("b" in client["flags"] for client in clients)


async def test_what_happened_before_is_told_first(gateway: Gateway, submission: Judged) -> None:
    compiling = await submission.say("state", state="compiling")

    async with watching(gateway.client, submission) as events:
        assert said(await anext(events)) == QUEUED
        assert said(await anext(events)) == (compiling, "state", {"state": "compiling"})
        await submission.give_verdict()
        assert [name for _, name, _ in await rest(events)] == ["verdict"]


async def test_a_stream_looks_like_what_it_is(gateway: Gateway, submission: Judged) -> None:
    headers = submission.author.headers()
    async with gateway.client.stream("GET", f"{submission.path}/events", headers=headers) as response:
        lines = response.aiter_lines()
        block = [await anext(lines) for _ in range(5)]

        assert block == ["retry: 1000", f"id: {FIRST}", "event: state", 'data: {"state":"queued"}', ""]
        assert_dressed(response)
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["ratelimit-limit"] == "3000"


@pytest.mark.parametrize("done", [False, True])
async def test_who_comes_again_gets_exactly_the_rest(gateway: Gateway, submission: Judged, *, done: bool) -> None:
    ids = [await submission.say("state", state="running"), *[await submission.say("test", **TEST) for _ in range(99)]]
    if done:
        await submission.give_verdict()

    for place in (FIRST, ids[0], ids[49], ids[-1]):
        async with watching(gateway.client, submission, after=place) as events:
            expected = ids if place == FIRST else ids[ids.index(place) + 1 :]
            assert [(await anext(events)).id for _ in expected] == expected
            await submission.give_verdict()
            assert [id for id, _, _ in await rest(events)] == [LAST]


async def test_two_who_watch_from_different_places_do_not_disturb_each_other(
    gateway: Gateway, submission: Judged
) -> None:
    first = await submission.say("state", state="running")
    second = await submission.say("test", **TEST)

    async with watching(gateway.client, submission, after=second) as late:
        third = await submission.say("test", **TEST)
        assert (await anext(late)).id == third
        async with watching(gateway.client, submission) as early:
            assert [(await anext(early)).id for _ in range(4)] == [FIRST, first, second, third]
            await submission.give_verdict()
            assert [id for id, _, _ in await rest(early)] == [LAST]
            assert [id for id, _, _ in await rest(late)] == [LAST]


async def test_a_finished_submission_is_one_verdict_at_once(gateway: Gateway, submission: Judged) -> None:
    await submission.say("test", **TEST)
    await submission.give_verdict()

    async with watching(gateway.client, submission) as events:
        assert await rest(events) == [(LAST, "verdict", await seen(gateway, submission))]


async def test_behind_the_verdict_there_is_nothing_and_no_need_to_come_again(
    gateway: Gateway, submission: Judged
) -> None:
    await submission.give_verdict()

    response = await gateway.get(f"{submission.path}/events", submission.author, Last_Event_ID=LAST)
    assert (response.status_code, response.content) == (204, b"")
    stranger = await gateway.get(f"{submission.path}/events", Last_Event_ID=LAST)
    assert_refused(stranger, 404, "submission_not_found")


async def test_other_peoples_submissions_are_not_there(gateway: Gateway, submission: Judged) -> None:
    assert_refused(await gateway.get(f"{submission.path}/events"), 404, "submission_not_found")
    unknown = await gateway.get("/api/v1/user/submissions/nonsense/events", submission.author)
    assert_refused(unknown, 404, "submission_not_found")
    assert_refused(await gateway.client.get(f"{submission.path}/events"), 401, "unauthenticated")


@pytest.mark.parametrize("id", ["", "soon", "1", "1-", "1-2-3", "-1-1", "1-18446744073709551616", "1" * 21 + "-0"])
async def test_a_place_that_is_none_is_refused(gateway: Gateway, submission: Judged, id: str) -> None:
    response = await gateway.get(f"{submission.path}/events", submission.author, Last_Event_ID=id)

    body = assert_refused(response, 400, "invalid_request")
    assert [error["field"] for error in body["errors"]] == ["Last-Event-ID"]


async def test_head_shows_the_headers_and_does_not_wait(gateway: Gateway, submission: Judged) -> None:
    response = await gateway.client.head(f"{submission.path}/events", headers=submission.author.headers())

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/event-stream"
    stranger = await gateway.client.head(f"{submission.path}/events", headers=User().headers())
    assert stranger.status_code == 404


async def test_hidden_data_and_what_is_no_event_stay_inside(gateway: Gateway, submission: Judged) -> None:
    await submission.say("test", **TEST, expected="secret")
    await submission.say("gossip", about="workers")
    await submission.say("test", index="none")

    async with watching(gateway.client, submission) as events:
        await submission.give_verdict()
        assert [(name, data) for _, name, data in await rest(events)][1:-1] == [("test", TEST)]
