"""The gateway's own spans: one of a server for each request, and what it calls below."""

from collections.abc import AsyncIterator

import pytest
from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.test_judging import PROGRAM, SUBMIT
from services.gateway.tests.integration.watching import Judged, recorded, rest, watching
from services.gateway.tests.integration.world import Gateway, User, assert_refused

from codex_telemetry.testing import Recorder, outline, record
from codex_testing.waiting import eventually

OUTSIDE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    return record("gateway-service")


@pytest.fixture(scope="module")
async def _traced(serve: Serve, recorder: Recorder) -> AsyncIterator[Gateway]:
    async with serve(telemetry=recorder.telemetry) as served:
        yield served


@pytest.fixture
def traced(_traced: Gateway, recorder: Recorder) -> Gateway:
    """A gateway with tracing that has no spans yet."""
    recorder.clear()
    return _traced


async def test_a_submission_is_one_server_span_one_redis_call_and_one_rpc(traced: Gateway, recorder: Recorder) -> None:
    response = await traced.post(SUBMIT, PROGRAM)

    spans = await recorder.finished(3)
    assert outline(spans).splitlines() == [
        "POST /api/v1/user/submit SERVER",
        "  EVALSHA CLIENT",
        "  codex.codemanage.v1.CodeManageService/SubmitCode CLIENT",
    ]
    assert spans[0]["attributes"]["http.route"] == SUBMIT
    assert {span["trace_id"] for span in spans} == {response.headers["x-trace-id"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "name"),
    [
        ("DELETE", SUBMIT, None, 405, "method_not_allowed", f"DELETE {SUBMIT}"),
        ("POST", SUBMIT, {"code": 1}, 422, "invalid_request", f"POST {SUBMIT}"),
        ("POST", SUBMIT, {"code": "x" * 300_000}, 413, "payload_too_large", f"POST {SUBMIT}"),
        ("GET", "/nowhere", None, 404, "not_found", "GET"),
    ],
)
async def test_a_refusal_has_one_span_and_its_trace_id(
    traced: Gateway, recorder: Recorder, method: str, path: str, body: object, status: int, code: str, name: str
) -> None:
    response = await traced.client.request(method, path, json=body, headers=User().headers())

    assert_refused(response, status, code)
    (span,) = await recorder.finished(1)
    assert (span["name"], span["kind"], span["status"]) == (name, "SERVER", "UNSET")
    assert span["trace_id"] == response.headers["x-trace-id"]


async def test_an_error_of_ours_is_an_error_in_the_trace(traced: Gateway, recorder: Recorder) -> None:
    traced.neighbours.auth_user.say("GetProfile", RuntimeError("a bug"))

    response = await traced.get("/api/v1/user/profile")

    assert_refused(response, 500, "internal")
    root = (await recorder.finished(3))[0]
    assert (root["name"], root["status"]) == ("GET /api/v1/user/profile", "ERROR")
    assert root["trace_id"] == response.headers["x-trace-id"]


async def test_an_outside_trace_is_linked_and_not_continued(traced: Gateway, recorder: Recorder) -> None:
    response = await traced.client.get("/nowhere", headers={"traceparent": OUTSIDE})

    (span,) = await recorder.finished(1)
    assert response.headers["x-trace-id"] not in OUTSIDE
    assert [link["trace_id"] for link in span["links"]] == ["0af7651916cd43dd8448eb211c80319c"]


async def test_health_is_not_traced(traced: Gateway, recorder: Recorder) -> None:
    await traced.client.get("/health/live")
    assert (await traced.client.get("/health/ready")).status_code == 200
    await traced.client.get("/nowhere")

    assert [span["name"] for span in await recorder.finished(1)] == ["GET"]


async def test_without_tracing_there_are_no_spans_even_where_a_provider_is_set(
    serve: Serve, recorder: Recorder
) -> None:
    async with serve() as gateway:
        recorder.clear()
        first = await gateway.client.get("/nowhere")
        second = await gateway.client.get("/nowhere")

        assert first.headers["x-trace-id"] != second.headers["x-trace-id"]
        assert recorder.spans() == []


async def test_a_stream_of_events_is_one_server_span_with_what_it_asks_first(serve: Serve, recorder: Recorder) -> None:
    async with serve(telemetry=recorder.telemetry, live_heartbeat=0.1) as gateway:
        recorder.clear()
        submission = Judged(redis=gateway.redis)
        recorded(gateway.neighbours, submission)
        async with watching(gateway.client, submission) as events:
            await anext(events)
            await eventually(lambda: len(gateway.neighbours.manage.calls) >= 3)
            submission.finish()
            assert [name for _, name, _ in await rest(events)] == ["verdict"]

        assert outline(await recorder.finished(3)).splitlines() == [
            "GET /api/v1/user/submissions/{id}/events SERVER",
            "  EVALSHA CLIENT",
            "  codex.codemanage.v1.CodeManageService/GetSubmission CLIENT",
        ]
