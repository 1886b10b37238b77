"""Live events: what a person is told while a program is judged, and after a connection was lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from httpx_sse import EventSource

from tests.e2e import programs
from tests.e2e.client import Person, Platform, refused
from tests.e2e.spans import Json

SUBMISSIONS = "/api/v1/user/submissions"
SLOW = f"import time\n\ntime.sleep(1)\n{programs.TWO_SUM}"
SLOW_ECHO = f"import time\n\ntime.sleep(1)\n{programs.ECHO}"
COST = {"index", "verdict", "cpu_time", "wall_time", "memory_peak", "public"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event."""

    id: str
    name: str
    data: Json


async def listen(platform: Platform, person: Person, id: str, *, after: str | None = None) -> AsyncIterator[Told]:
    """Events of a submission until the stream ends."""
    headers = person.headers | ({"Last-Event-ID": after} if after else {})
    async with platform.http.stream("GET", f"{SUBMISSIONS}/{id}/events", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream"
        assert len(answer.headers["x-trace-id"]) == 32
        async for event in EventSource(answer).aiter_sse():
            yield Told(id=event.id, name=event.event, data=event.json())


async def story(platform: Platform, person: Person, id: str, *, after: str | None = None) -> list[Told]:
    async with asyncio.timeout(60):
        return [told async for told in listen(platform, person, id, after=after)]


async def started(platform: Platform, person: Person, code: str, **order: str) -> str:
    """The id of a submission that nobody waits for."""
    answer = await platform.submit(person, code, Prefer="respond-async", **order)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def states(events: Sequence[Told]) -> list[str]:
    return [told.data["state"] for told in events if told.name == "state"]


async def final(platform: Platform, person: Person, id: str) -> Json:
    found: Json = (await platform.get(person, f"{SUBMISSIONS}/{id}")).json()
    return found


def without_score(submission: Json) -> Json:
    """Points come beside the verdict, a moment later."""
    return {key: value for key, value in submission.items() if key != "score"}


async def test_a_submission_is_told_from_the_queue_to_its_verdict(platform: Platform, ada: Person) -> None:
    id = await started(platform, ada, SLOW)
    events = await story(platform, ada, id)

    judged = await final(platform, ada, id)
    assert states(events) == ["queued", "running"]
    assert [told.name for told in events[2:-1]] == ["test"] * judged["tests"]["total"]
    for told, item in zip(events[2:-1], judged["tests"]["items"], strict=True):
        assert told.data == {key: item[key] for key in COST}
    assert events[-1].name == "verdict"
    assert without_score(events[-1].data) == without_score(judged)
    assert judged["verdict"] == "AC"
    places = [tuple(map(int, told.id.split("-"))) for told in events]
    assert places == sorted(set(places))


@pytest.mark.usefixtures("cpp")
async def test_a_program_that_is_compiled_says_so(platform: Platform, ada: Person) -> None:
    id = await started(platform, ada, programs.A_PLUS_B_CPP, problem="a-plus-b", language="cpp")

    assert states(await story(platform, ada, id)) == ["queued", "compiling", "running"]


async def test_who_lost_the_connection_gets_exactly_the_rest(platform: Platform, ada: Person) -> None:
    id = await started(platform, ada, SLOW)
    stream = listen(platform, ada, id)
    first = [await anext(stream), await anext(stream)]
    await stream.aclose()  # type: ignore[attr-defined]
    rest = await story(platform, ada, id, after=first[-1].id)

    whole = [*first, *rest]
    assert (whole[0].name, whole[-1].name) == ("state", "verdict")
    for number, told in enumerate(whole[:-1]):
        again = await story(platform, ada, id, after=told.id)
        assert [each.id for each in again] == [each.id for each in whole[number + 1 :]]
    headers = ada.headers | {"Last-Event-ID": whole[-1].id}
    nothing = await platform.http.get(f"{SUBMISSIONS}/{id}/events", headers=headers)
    assert (nothing.status_code, nothing.content) == (204, b"")


async def test_a_finished_submission_is_its_verdict(platform: Platform, ada: Person) -> None:
    judged = await platform.judged(ada, programs.TWO_SUM_WRONG)

    (told,) = await story(platform, ada, judged["id"])
    assert (told.name, told.data) == ("verdict", await final(platform, ada, judged["id"]))


async def test_runs_and_executions_are_told_too(platform: Platform, ada: Person) -> None:
    body = {"language": "python", "code": SLOW_ECHO}
    for kind, route, more in (("run", "run", {"problem": "echo"}), ("custom", "execute", {"stdin": "a\n"})):
        answer = await platform.post(ada, f"/api/v1/user/{route}", body | more, Prefer="respond-async")
        assert answer.status_code == 202, answer.text
        events = await story(platform, ada, answer.json()["id"])
        assert states(events) == ["queued", "running"]
        assert (events[-1].data["kind"], events[-1].data["verdict"]) == (kind, "AC")


async def test_a_program_that_does_not_compile_has_no_tests_to_tell_of(platform: Platform, ada: Person) -> None:
    events = await story(platform, ada, await started(platform, ada, programs.BROKEN))

    assert (events[-1].name, events[-1].data["verdict"]) == ("verdict", "CE")
    assert all(told.name != "test" for told in events)


async def test_other_peoples_events_are_not_there(platform: Platform, ada: Person, grace: Person) -> None:
    pending = await started(platform, ada, SLOW)
    judged = (await platform.judged(ada, programs.TWO_SUM))["id"]

    for id in (pending, judged, "nonsense"):
        refused(await platform.get(grace, f"{SUBMISSIONS}/{id}/events"), 404, "submission_not_found")
    refused(await platform.http.get(f"{SUBMISSIONS}/{judged}/events"), 401, "unauthenticated")


async def test_a_place_that_is_none_is_refused(platform: Platform, ada: Person) -> None:
    headers = ada.headers | {"Last-Event-ID": "yesterday"}
    refused(await platform.http.get(f"{SUBMISSIONS}/x/events", headers=headers), 400, "invalid_request")


async def test_a_hundred_watchers_each_get_their_own_verdict(platform: Platform) -> None:
    people = [await platform.sign_up() for _ in range(5)]

    async def one(person: Person) -> tuple[str, Told]:
        answer = await platform.submit(person, programs.ECHO, problem="echo", Prefer="respond-async")
        id = answer.json()["id"]
        return id, (await story(platform, person, id))[-1]

    told = await asyncio.gather(*(one(person) for person in people for _ in range(20)))

    assert {(last.name, last.data["verdict"]) for _, last in told} == {("verdict", "AC")}
    assert [last.data["id"] for _, last in told] == [id for id, _ in told]
