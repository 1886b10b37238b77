"""Requests to a FastAPI application behind the layer that we serve in its place."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI
from starlette.responses import StreamingResponse

from codex_telemetry import span, trace_id
from codex_telemetry.telemetry import AsgiApp, Receive, Scope, Send
from codex_telemetry.testing import Recorder, record

OUTSIDE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def _application() -> FastAPI:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    @app.get("/problems/{slug}")
    async def problem(slug: str) -> dict[str, str | None]:
        with span("work"):
            return {"slug": slug, "trace": trace_id()}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> None:
        tasks.add_task(lambda: None)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]))

    @app.get("/health/{kind}")
    async def health(kind: str) -> str:
        return kind

    return app


@pytest.fixture(scope="session")
def served() -> AsgiApp:
    return record("gateway-service").telemetry.instrument_fastapi(_application())


@pytest.fixture
async def client(served: AsgiApp, recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    assert recorder.telemetry.enabled
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway:8080") as client:
        yield client


async def test_a_request_is_one_server_span_named_by_its_route(recorder: Recorder, client: httpx.AsyncClient) -> None:
    answer = await client.get("/problems/two-sum", params={"page": 1})

    server, work = recorder.spans()
    assert server["name"] == "GET /problems/{slug}"
    assert server["kind"] == "SERVER"
    assert server["parent_span_id"] is None
    assert work["parent_span_id"] == server["span_id"]
    assert answer.json()["trace"] == server["trace_id"]
    attributes = server["attributes"]
    assert attributes["http.request.method"] == "GET"
    assert attributes["http.route"] == "/problems/{slug}"
    assert attributes["http.response.status_code"] == 200
    assert attributes["url.path"] == "/problems/two-sum"
    assert attributes["server.address"] == "gateway"
    assert attributes["server.port"] == 8080
    assert not [key for key in attributes if key.startswith(("http.target", "http.url", "http.host", "net."))]


async def test_a_strangers_trace_is_linked_and_not_joined(recorder: Recorder, client: httpx.AsyncClient) -> None:
    await client.get("/problems/two-sum", headers={"traceparent": OUTSIDE, "baggage": "user=ada"})

    server, _ = recorder.spans()
    assert server["parent_span_id"] is None
    assert server["trace_id"] != "a" * 32
    assert server["links"] == [{"trace_id": "a" * 32, "span_id": "b" * 16}]


async def test_a_spoilt_traceparent_is_ignored(recorder: Recorder, client: httpx.AsyncClient) -> None:
    assert (await client.get("/problems/two-sum", headers={"traceparent": "no trace"})).status_code == 200

    assert recorder.spans()[0]["links"] == []


async def test_a_strangers_not_sampled_does_not_keep_us_from_recording(
    recorder: Recorder, client: httpx.AsyncClient
) -> None:
    await client.get("/problems/two-sum", headers={"traceparent": OUTSIDE[:-2] + "00"})

    assert len(recorder.spans()) == 2


async def test_health_checks_are_not_traced(recorder: Recorder, client: httpx.AsyncClient) -> None:
    for kind in ("live", "ready"):
        assert (await client.get(f"/health/{kind}")).status_code == 200

    assert recorder.spans() == []


async def test_a_stream_has_no_spans_for_its_parts(recorder: Recorder, client: httpx.AsyncClient) -> None:
    assert (await client.get("/stream")).content == b"ab"

    assert [s["name"] for s in recorder.spans()] == ["GET /stream"]


async def test_a_crash_is_an_error_and_a_missing_page_is_not(recorder: Recorder, client: httpx.AsyncClient) -> None:
    assert (await client.get("/broken")).status_code == 500
    assert (await client.get("/nowhere/42")).status_code == 404

    broken, missing = recorder.spans()
    assert broken["status"] == "ERROR"
    assert broken["attributes"]["error.type"]
    assert missing["status"] == "UNSET"
    assert missing["name"] == "GET"


async def test_an_unknown_method_makes_no_new_name(recorder: Recorder, client: httpx.AsyncClient) -> None:
    assert (await client.request("BREW", "/problems/two-sum")).status_code == 405

    (refused,) = recorder.spans()
    assert refused["name"] == "HTTP /problems/{slug}"
    assert refused["attributes"]["http.request.method"] == "_OTHER"
    assert refused["attributes"]["http.request.method_original"] == "BREW"
    methods = {point.attributes["http.request.method"] for point in recorder.points()["http.server.request.duration"]}
    assert "_OTHER" in methods
    assert "BREW" not in methods


async def test_a_request_that_fails_before_its_answer_tells_of_what(recorder: Recorder) -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("nothing here")

    served = recorder.telemetry.instrument_fastapi(fails)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=served), base_url="http://gateway:8080") as client:
        with pytest.raises(LookupError):
            await client.get("/")

    (broken,) = recorder.spans()
    assert broken["status"] == "ERROR"
    assert broken["attributes"]["error.type"] == "LookupError"
    assert "http.response.status_code" not in broken["attributes"]


async def test_the_duration_of_requests_is_measured_by_route(recorder: Recorder, client: httpx.AsyncClient) -> None:
    await client.get("/problems/two-sum")

    points = recorder.points()
    routes = {point.attributes.get("http.route") for point in points["http.server.request.duration"]}
    assert "/problems/{slug}" in routes
    assert not {"http.server.active_requests", "http.server.response.body.size"} & points.keys()


@pytest.fixture(autouse=True)
def _no_current_span() -> Iterator[None]:
    assert trace_id() is None
    yield
    assert trace_id() is None
