"""One submission is one trace, and it is what the contract says (docs/trace-contract.yaml)."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx
import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform, eventually, refused
from tests.e2e.contract import violations
from tests.e2e.expectations import Cache, Expectation, expected
from tests.e2e.spans import Span

OUTSIDE_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OUTSIDE_SPAN = "00f067aa0ba902b7"
MARKER = "marker_4711"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A trace, and what it must be."""

    trace_id: str
    expectation: Expectation


async def assert_contract(platform: Platform, *traced: Traced) -> None:
    """Every trace is soon what it must be, and stays so."""
    await asyncio.gather(*(_soon_as_expected(platform, each) for each in traced))
    for each in traced:
        assert violations(await platform.spans(each.trace_id), each.expectation) == []


async def _soon_as_expected(platform: Platform, traced: Traced) -> None:
    def is_whole(spans: Sequence[Span]) -> bool:
        return not violations(spans, traced.expectation)

    spans = await platform.whole_trace(traced.trace_id, is_whole)
    faults = violations(spans, traced.expectation)
    assert faults == [], f"{traced.trace_id}: {'; '.join(faults)}"


def of(answer: httpx.Response, flow: str, person: Person, *texts: str, cache: Cache = "any") -> Traced:
    """The trace of an answer; what its person has sent must be nowhere in it."""
    assert answer.status_code in (200, 201), answer.text
    trace_id = answer.headers["x-trace-id"]
    assert answer.json().get("trace_id", trace_id) == trace_id
    secrets = (person.access_token, person.email, person.name, *texts)
    return Traced(trace_id=trace_id, expectation=expected(flow, cache).without_texts(*secrets))


async def test_the_first_submission_of_all_finds_cold_caches(platform: Platform) -> None:
    if platform.first is None:
        pytest.skip("the stack is not ours: nobody knows what its caches hold")

    await assert_contract(
        platform, Traced(trace_id=platform.first["trace_id"], expectation=expected("accepted", "cold"))
    )


async def test_an_accepted_submission_with_warm_caches(platform: Platform, ada: Person, grace: Person) -> None:
    code = f"{programs.TWO_SUM}\n# {MARKER}\n"
    await platform.submit(grace, code)

    first = of(await platform.submit(ada, code), "accepted", ada, "def two_sum", MARKER, cache="warm")
    second = of(await platform.submit(ada, code), "accepted_again", ada, "def two_sum", MARKER, cache="warm")

    await assert_contract(platform, first, second)


@pytest.mark.parametrize("code", [programs.TWO_SUM_WRONG, programs.FAILING, programs.GREEDY, programs.CHATTY])
async def test_a_wrong_program_is_no_error_of_the_platform(platform: Platform, ada: Person, code: str) -> None:
    await assert_contract(platform, of(await platform.submit(ada, code), "rejected", ada, "def two_sum"))


async def test_a_program_that_does_not_compile(platform: Platform, ada: Person) -> None:
    answer = await platform.submit(ada, programs.BROKEN)

    await assert_contract(platform, of(answer, "not_compiled", ada, "def two_sum"))


async def test_a_run(platform: Platform, ada: Person) -> None:
    body = {"problem": "two-sum", "language": "python", "code": programs.TWO_SUM}
    own = {"tests": [{"input": '{"nums": [471100, 1], "target": 471101}', "expected": "[0, 1]"}]}
    public = await platform.post(ada, "/api/v1/user/run", body)
    mine = await platform.post(ada, "/api/v1/user/run", body | own)

    await assert_contract(
        platform, of(public, "run", ada, "def two_sum"), of(mine, "run", ada, "def two_sum", "471100", "471101")
    )


async def test_a_custom_execution(platform: Platform, ada: Person) -> None:
    body = {"language": "python", "code": programs.SHOUT, "stdin": MARKER}
    answer = await platform.post(ada, "/api/v1/user/execute", body)

    await assert_contract(platform, of(answer, "custom", ada, "print(", MARKER, MARKER.upper()))


async def test_thirty_submissions_at_once_are_thirty_traces_as_they_must_be(platform: Platform) -> None:
    people = [await platform.sign_up() for _ in range(5)]
    senders = itertools.cycle((_accepted, _rejected, _not_compiled, _run, _custom))
    jobs = [send(platform, person) for person in people for send in itertools.islice(senders, 6)]

    traced = await asyncio.gather(*jobs)

    assert len({each.trace_id for each in traced}) == 30
    await assert_contract(platform, *traced)


Sender = Callable[[Platform, Person], Awaitable[Traced]]


async def _accepted(platform: Platform, person: Person) -> Traced:
    answer = await platform.submit(person, programs.ECHO, problem="echo")
    flow = "accepted" if await _gained(platform, person, answer) else "accepted_again"
    return of(answer, flow, person, "print(")


async def _gained(platform: Platform, person: Person, answer: httpx.Response) -> bool:
    path = f"/api/v1/user/submissions/{answer.json()['id']}"
    score: int | None = None

    async def credited() -> bool:
        nonlocal score
        score = (await platform.get(person, path)).json()["score"]
        return score is not None

    await eventually(credited, what="the points were credited")
    return bool(score)


async def _rejected(platform: Platform, person: Person) -> Traced:
    return of(await platform.submit(person, programs.TWO_SUM_WRONG), "rejected", person, "def two_sum")


async def _not_compiled(platform: Platform, person: Person) -> Traced:
    return of(await platform.submit(person, programs.BROKEN), "not_compiled", person, "def two_sum")


async def _run(platform: Platform, person: Person) -> Traced:
    body = {"problem": "two-sum", "language": "python", "code": programs.TWO_SUM}
    return of(await platform.post(person, "/api/v1/user/run", body), "run", person, "def two_sum")


async def _custom(platform: Platform, person: Person) -> Traced:
    body = {"language": "python", "code": programs.ECHO, "stdin": MARKER}
    return of(await platform.post(person, "/api/v1/user/execute", body), "custom", person, "print(", MARKER)


async def test_a_trace_that_a_client_brings_along_is_linked_and_not_continued(platform: Platform, ada: Person) -> None:
    header = f"00-{OUTSIDE_TRACE}-{OUTSIDE_SPAN}-01"
    traced = of(await platform.submit(ada, programs.TWO_SUM, traceparent=header), "accepted", ada)

    await assert_contract(platform, traced)
    spans = await platform.spans(traced.trace_id)
    root = next(span for span in spans if span.parent is None)
    assert traced.trace_id != OUTSIDE_TRACE
    assert root.links == ((OUTSIDE_TRACE, OUTSIDE_SPAN),)


async def test_what_a_client_says_of_sampling_or_nonsense_does_not_keep_a_trace_from_being_recorded(
    platform: Platform, ada: Person
) -> None:
    unsampled = await platform.submit(ada, programs.TWO_SUM_WRONG, traceparent=f"00-{OUTSIDE_TRACE}-{OUTSIDE_SPAN}-00")
    nonsense = await platform.submit(ada, programs.TWO_SUM_WRONG, traceparent="nonsense", baggage="secret=4711")

    await assert_contract(platform, of(unsampled, "rejected", ada), of(nonsense, "rejected", ada))


async def test_a_pending_submission_is_one_trace_too(platform: Platform, ada: Person) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM, Prefer="respond-async")
    trace_id = answer.headers["x-trace-id"]

    def is_whole(spans: Sequence[Span]) -> bool:
        ids = {span.span_id for span in spans}
        joined = all(span.parent in ids for span in spans if span.parent)
        return joined and any(span.name == "codex.authuser.v1.UserService/UpdateProgress" for span in spans)

    spans = await platform.whole_trace(trace_id, is_whole)
    assert answer.json()["trace_id"] == trace_id
    assert is_whole(spans)
    assert sum(span.parent is None for span in spans) == 1
    assert not [span.name for span in spans if span.error]


async def test_a_replay_names_the_trace_of_the_first_request_in_its_body(platform: Platform, ada: Person) -> None:
    first = await platform.submit(ada, programs.TWO_SUM, Idempotency_Key="one")
    again = await platform.submit(ada, programs.TWO_SUM, Idempotency_Key="one")

    assert again.json()["trace_id"] == first.headers["x-trace-id"] != again.headers["x-trace-id"]


async def test_the_trace_of_a_new_collab_session_ends_at_the_gateway(platform: Platform, ada: Person) -> None:
    answer = await platform.post(ada, "/api/v1/user/collab/sessions", {})

    await assert_contract(platform, of(answer, "collab_session", ada, answer.json()["invite_token"]))
    query = {"q": '{ resource.service.name = "collab-service" }'}
    found = await platform.traces.get("/api/search", params=query)
    assert not found.raise_for_status().json().get("traces")


async def test_the_owner_sees_the_trace_as_the_store_has_it(platform: Platform, ada: Person, grace: Person) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM)
    await assert_contract(platform, of(answer, "accepted", ada))
    path = f"/api/v1/user/submissions/{answer.json()['id']}/trace"

    shown = (await platform.get(ada, path)).json()
    stored = {span.span_id: span for span in await platform.spans(shown["trace_id"])}

    assert shown["trace_id"] == answer.headers["x-trace-id"]
    assert (shown["complete"], shown["sampled"]) == (True, True)
    assert {span["span_id"] for span in shown["spans"]} == stored.keys()
    for span in shown["spans"]:
        same = stored[span["span_id"]]
        assert (span["name"], span["kind"], span["service"]) == (same.name, same.kind, same.service)
        assert span["parent_span_id"] == same.parent
        assert span["duration"] == pytest.approx((same.end - same.start) / 1e9)
        assert [(link["trace_id"], link["span_id"]) for link in span["links"]] == list(same.links)
        assert [event["name"] for event in span["events"]] == [event.name for event in same.events]
        assert span["attributes"].items() <= same.attributes.items()
    refused(await platform.get(grace, path), 404, "submission_not_found")


async def test_a_trace_that_is_not_kept_yet_is_said_to_be_incomplete(platform: Platform, ada: Person) -> None:
    answer = await platform.submit(ada, programs.ENDLESS, Prefer="respond-async")

    shown = (await platform.get(ada, f"/api/v1/user/submissions/{answer.json()['id']}/trace")).json()

    assert shown["trace_id"] == answer.headers["x-trace-id"]
    assert shown["complete"] is False


async def test_a_refusal_has_a_trace_in_which_nothing_is_broken_on_our_side(platform: Platform, ada: Person) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM, problem="no-such-problem")
    trace_id = refused(answer, 404, "problem_not_found")["trace_id"]

    spans = await platform.whole_trace(trace_id, lambda spans: any(span.parent is None for span in spans))

    root = next(span for span in spans if span.parent is None)
    assert root.attributes["http.response.status_code"] == 404
    assert not [span.name for span in spans if span.error and span.kind == "server"]


async def test_head_is_named_by_the_route_that_answers(platform: Platform) -> None:
    answer = await platform.http.head("/api/v1/public/problems/two-sum")

    spans = await platform.whole_trace(
        answer.headers["x-trace-id"], lambda spans: any(span.parent is None for span in spans)
    )

    root = next(span for span in spans if span.parent is None)
    assert root.name == "HEAD /api/v1/public/problems/{slug}"
    assert root.attributes["http.response.status_code"] == 200


async def test_health_checks_leave_no_trace(platform: Platform, ada: Person) -> None:
    assert (await platform.http.get("/health/ready")).status_code == 200

    later = of(await platform.submit(ada, programs.TWO_SUM_WRONG), "rejected", ada)
    await assert_contract(platform, later)
    found = await platform.traces.get("/api/search", params={"q": '{ span.http.route = "/health/ready" }'})
    assert not found.raise_for_status().json().get("traces")
