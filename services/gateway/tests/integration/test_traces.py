"""The trace of a submission, as its owner may see it."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.test_judging import submission
from services.gateway.tests.integration.world import Gateway, User, assert_refused
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.errors import NotFound
from codex_service.http import HttpServer
from codex_testing.judging import AC, SE, WA, judgement
from codex_testing.services import free_address

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PATH = "/api/v1/user/submissions/0192/trace"
SECOND = 1_000_000_000
START = 1_767_268_800 * SECOND  # 2026-01-01T12:00:00Z

Span = dict[str, Any]


@dataclass
class Store:
    """Speaks as much of Tempo's query API as is needed."""

    documents: dict[str, object] = field(default_factory=dict)
    status: int = 200
    address: str = field(default_factory=free_address)

    async def trace(self, request: Request) -> Response:
        document = self.documents.get(request.path_params["id"])
        if document is None:
            return Response("trace not found", 404)
        return Response(json.dumps(document), self.status)


@pytest.fixture(scope="module")
async def _store() -> AsyncIterator[Store]:
    store = Store()
    server = HttpServer(store.address, Starlette(routes=[Route("/api/v2/traces/{id}", store.trace)]))
    await server.start()
    yield store
    await server.stop(0)


@pytest.fixture
def store(_store: Store) -> Store:
    """A store that knows no trace yet."""
    _store.documents.clear()
    _store.status = 200
    return _store


@pytest.fixture(scope="module")
async def gateway(serve: Serve, _store: Store) -> AsyncIterator[Gateway]:
    async with serve(trace_api_url=f"http://{_store.address}") as served:
        yield served


def span(number: int, parent: int | None, name: str, **more: Any) -> Span:
    moment = START + number * SECOND // 10
    made = {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name,
        "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": str(moment),
        "endTimeUnixNano": str(moment + 17_000_000),
    }
    return {**made, **({} if parent is None else {"parentSpanId": f"{parent:016x}"}), **more}


def flow() -> dict[str, list[Span]]:
    """The spans of an accepted submission that matter here, by service."""
    return {
        "gateway-service": [span(1, None, "POST /api/v1/user/submit")],
        "code-manage-service": [span(2, 1, "process code-result-topic", kind=5)],
        "problem-service": [span(3, 2, "codex.problem.v1.SubmissionService/UpdateSubmission", kind=2)],
        "auth-user-service": [span(4, 3, "codex.authuser.v1.UserService/UpdateProgress")],
    }


def document(services: dict[str, list[Span]]) -> dict[str, Any]:
    return {
        "trace": {
            "resourceSpans": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                    "scopeSpans": [{"spans": spans}],
                }
                for service, spans in reversed(services.items())
            ]
        }
    }


def keep(gateway: Gateway, verdict: judging.Verdict.ValueType = AC, *, trace_id: str = TRACE) -> None:
    kept = submission(judgement(verdict), trace_id=trace_id)
    gateway.neighbours.manage.say("GetSubmission", pb.GetSubmissionResponse(submission=kept))


async def test_the_spans_are_shown_in_their_order(gateway: Gateway, store: Store) -> None:
    keep(gateway)
    store.documents[TRACE] = document(flow())

    trace = (await gateway.get(PATH)).json()

    assert (trace["trace_id"], trace["complete"], trace["sampled"]) == (TRACE, True, True)
    assert [one["service"] for one in trace["spans"]] == list(flow())
    assert trace["spans"][0] == {
        "span_id": "0000000000000001",
        "parent_span_id": None,
        "name": "POST /api/v1/user/submit",
        "kind": "server",
        "service": "gateway-service",
        "start": "2026-01-01T12:00:00.100000Z",
        "duration": 0.017,
        "status": "unset",
        "attributes": {},
        "events": [],
        "links": [],
    }
    assert trace["spans"][1]["kind"] == "consumer"


@pytest.mark.parametrize("missing", list(flow()))
async def test_a_trace_is_complete_when_its_last_spans_are_there(gateway: Gateway, store: Store, missing: str) -> None:
    keep(gateway)
    store.documents[TRACE] = document({name: spans for name, spans in flow().items() if name != missing})

    trace = (await gateway.get(PATH)).json()

    assert (trace["complete"], trace["sampled"]) == (False, True)


async def test_a_submission_that_was_not_accepted_has_no_progress_to_wait_for(gateway: Gateway, store: Store) -> None:
    keep(gateway, WA)
    spans = flow()
    del spans["auth-user-service"]
    store.documents[TRACE] = document(spans)

    assert (await gateway.get(PATH)).json()["complete"] is True


async def test_a_submission_that_no_worker_ever_answered_has_no_result_to_wait_for(
    gateway: Gateway, store: Store
) -> None:
    keep(gateway, SE)
    update = span(3, 1, "codex.problem.v1.SubmissionService/UpdateSubmission", kind=2)
    store.documents[TRACE] = document({"gateway-service": flow()["gateway-service"], "problem-service": [update]})

    assert (await gateway.get(PATH)).json()["complete"] is True


async def test_an_orphan_or_a_second_root_is_no_complete_trace(gateway: Gateway, store: Store) -> None:
    keep(gateway)
    for extra in (span(9, 8, "orphan"), span(9, None, "root")):
        store.documents[TRACE] = document({**flow(), "code-execution-service": [extra]})

        assert (await gateway.get(PATH)).json()["complete"] is False


async def test_only_harmless_attributes_are_shown(gateway: Gateway, store: Store) -> None:
    shown = {
        "http.route": {"stringValue": "/x"},
        "http.response.status_code": {"intValue": "200"},
        "rpc.method": {"stringValue": "a/B"},
        "messaging.batch": {"arrayValue": {"values": [{"stringValue": "a"}, {"boolValue": True}]}},
        "db.system.name": {"stringValue": "redis"},
        "codex.execution.cpu_time": {"doubleValue": 0.25},
        "error.type": {"stringValue": "X"},
        "server.address": {"stringValue": "redis"},
    }
    hidden = {
        "db.query.text": {"stringValue": "secret"},
        "db.statement": {"stringValue": "secret"},
        "http.request.header.authorization": {"stringValue": "secret"},
        "user_agent.original": {"stringValue": "secret"},
        "client.address": {"stringValue": "secret"},
        "exception.stacktrace": {"stringValue": "secret"},
    }
    attributes = [{"key": key, "value": value} for key, value in {**shown, **hidden}.items()]
    event = {"name": "slot.acquired", "timeUnixNano": str(START), "attributes": attributes}
    link = {"traceId": TRACE, "spanId": "0" * 15 + "9", "attributes": attributes}
    root = span(1, None, "x", attributes=attributes, events=[event], links=[link], status={"code": 2})
    store.documents[TRACE] = document({"gateway-service": [root]})
    keep(gateway)

    response = await gateway.get(PATH)

    assert "secret" not in response.text
    (only,) = response.json()["spans"]
    values = {
        "http.route": "/x",
        "http.response.status_code": 200,
        "rpc.method": "a/B",
        "messaging.batch": ["a", True],
        "db.system.name": "redis",
        "codex.execution.cpu_time": 0.25,
        "error.type": "X",
        "server.address": "redis",
    }
    assert only["attributes"] == values
    assert only["events"] == [{"name": "slot.acquired", "time": "2026-01-01T12:00:00.000000Z", "attributes": values}]
    assert only["links"] == [{"trace_id": TRACE, "span_id": "0000000000000009"}]
    assert only["status"] == "error"


async def test_ids_may_be_base64(gateway: Gateway, store: Store) -> None:
    ids = {"spanId": b64encode(bytes(7) + b"\x02").decode(), "parentSpanId": b64encode(bytes(7) + b"\x01").decode()}
    store.documents[TRACE] = document({"gateway-service": [span(1, None, "x"), {**span(2, 1, "y"), **ids}]})
    keep(gateway)

    first, second = (await gateway.get(PATH)).json()["spans"]

    assert second["span_id"] == "0000000000000002"
    assert second["parent_span_id"] == first["span_id"]


@pytest.mark.usefixtures("store")
async def test_a_trace_that_was_not_kept_has_no_spans(gateway: Gateway) -> None:
    keep(gateway)

    assert (await gateway.get(PATH)).json() == {"trace_id": TRACE, "complete": False, "sampled": False, "spans": []}


async def test_without_tracing_there_is_nothing_to_show(gateway: Gateway) -> None:
    keep(gateway, trace_id="")

    assert (await gateway.get(PATH)).json() == {"trace_id": None, "complete": False, "sampled": False, "spans": []}


async def test_other_peoples_traces_are_not_found(gateway: Gateway, store: Store) -> None:
    class NoSubmission(NotFound):
        code = "submission_not_found"

    store.documents[TRACE] = document(flow())
    gateway.neighbours.manage.say("GetSubmission", NoSubmission("there is no such submission"))
    user = User()

    assert_refused(await gateway.get(PATH, user), 404, "submission_not_found")
    assert gateway.neighbours.manage.last.author == user.id


@pytest.mark.parametrize(
    ("status", "answer"), [(500, {}), (200, {"trace": 7}), (200, {"batches": [{"scopeSpans": 1}]})]
)
async def test_a_store_that_makes_no_sense_is_unavailable(
    gateway: Gateway, store: Store, status: int, answer: object
) -> None:
    keep(gateway)
    store.status = status
    store.documents[TRACE] = answer

    assert_refused(await gateway.get(PATH), 503, "dependency_unavailable")


async def test_a_store_that_is_down_is_unavailable(serve: Serve) -> None:
    async with serve(trace_api_url=f"http://{free_address()}") as served:
        keep(served)

        assert_refused(await served.get(PATH), 503, "dependency_unavailable")
