"""The store as a process of its own, with a real exporter that sends to it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    process: subprocess.Popen[str]
    otlp: str
    http: str

    def get(self, path: str, **params: Any) -> httpx.Response:
        return httpx.get(self.http + path, params=params, timeout=10)

    def search(self, **params: Any) -> list[dict[str, Any]]:
        answer = self.get("/api/search", **params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["traces"])

    def tracer(self, service: str) -> Tracer:
        """Spans are sent as they end, one request each."""
        provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(self.otlp, insecure=True, timeout=5)))
        return provider.get_tracer("test")


@contextmanager
def running(*options: str) -> Iterator[Store]:
    command = [sys.executable, "-m", "codex_otlp_store", "--otlp", "127.0.0.1:0", "--http", "127.0.0.1:0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = dict(word.split("=") for word in process.stdout.readline().split()[1:])
        yield Store(process=process, otlp=f"127.0.0.1:{ports['otlp']}", http=f"http://127.0.0.1:{ports['http']}")
        process.terminate()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running() as store:
        yield store


def _spans(batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [span for batch in batches for scope in batch["scopeSpans"] for span in scope["spans"]]


def _one_span(store: Store, name: str, service: str = "a-service", **attributes: str | bool | int) -> str:
    with store.tracer(service).start_as_current_span(name, attributes=attributes) as span:
        return format(span.get_span_context().trace_id, "032x")


def test_a_trace_of_two_services_is_read_back_whole_in_otlp_json(store: Store) -> None:
    first, second = store.tracer("first"), store.tracer("second")
    with first.start_as_current_span("root", kind=SpanKind.SERVER) as root:
        link = Link(root.get_span_context())
        with second.start_as_current_span("child", attributes={"n": 7, "b": True}, links=[link]) as child:
            child.add_event("happened", {"at": 0.5})
            child.set_status(Status(StatusCode.ERROR, "no"))
    context = root.get_span_context()
    trace_id, root_id = format(context.trace_id, "032x"), format(context.span_id, "016x")

    batches = store.get(f"/api/traces/{trace_id}").json()["batches"]

    spans = {span["name"]: span for span in _spans(batches)}
    assert spans.keys() == {"root", "child"}
    assert spans["root"]["traceId"] == trace_id
    assert spans["root"]["kind"] == 2
    assert "parentSpanId" not in spans["root"]
    assert spans["child"]["parentSpanId"] == root_id
    assert spans["child"]["links"][0]["spanId"] == root_id
    assert {"key": "n", "value": {"intValue": "7"}} in spans["child"]["attributes"]
    assert {"key": "b", "value": {"boolValue": True}} in spans["child"]["attributes"]
    assert spans["child"]["events"][0]["attributes"] == [{"key": "at", "value": {"doubleValue": 0.5}}]
    assert spans["child"]["status"] == {"message": "no", "code": 2}
    assert spans["child"]["startTimeUnixNano"] > spans["root"]["startTimeUnixNano"] > "1" * 19
    services = {item["resource"]["attributes"][-1]["value"]["stringValue"] for item in batches}
    assert services == {"first", "second"}


def test_the_second_version_of_the_api_has_the_same_content(store: Store) -> None:
    trace_id = _one_span(store, "alone")

    old = store.get(f"/api/traces/{trace_id}").json()["batches"]

    assert store.get(f"/api/v2/traces/{trace_id}").json() == {"trace": {"resourceSpans": old}}


def test_an_unknown_trace_is_404_and_a_malformed_id_is_400(store: Store) -> None:
    assert store.get("/api/traces/" + "ab" * 16).status_code == 404
    assert store.get("/api/v2/traces/" + "ab" * 16).status_code == 404
    assert store.get("/api/traces/no-id").status_code == 400
    assert store.get("/api/traces/" + "ab" * 17).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"tags": "service.name=wanted"},
        {"tags": 'service.name="wanted" color=red'},
        {"q": '{ resource.service.name = "wanted" && name = "needle" }'},
        {"q": '{ span.color = "red" && span.big = true && .size = 42 }'},
    ],
)
def test_search_finds_the_trace_that_was_described(store: Store, params: dict[str, str]) -> None:
    wanted = _one_span(store, "needle", "wanted", color="red", big=True, size=42)
    _one_span(store, "needle", "other", color="blue")

    found = store.search(limit=1, **params)

    assert [trace["traceID"] for trace in found] == [wanted]
    assert found[0]["rootServiceName"] == "wanted"
    assert found[0]["rootTraceName"] == "needle"
    assert found[0]["startTimeUnixNano"].isdigit()
    assert isinstance(found[0]["durationMs"], int)


def test_search_gives_the_newest_traces_within_the_limit_and_the_time(store: Store) -> None:
    newest = [_one_span(store, "many", "timed") for _ in range(3)][::-1]

    assert [trace["traceID"] for trace in store.search(tags="service.name=timed", limit=2)] == newest[:2]
    assert [trace["traceID"] for trace in store.search(q="{}", limit=3)] == newest
    assert store.search(tags="service.name=timed", end=1_000_000) == []
    assert len(store.search(tags="service.name=timed", start=1_000_000, end=9_999_999_999)) == 3


@pytest.mark.parametrize(
    "params",
    [
        {"q": "name = 1"},
        {"q": '{ name != "x" }'},
        {"q": '{ name = "x" || name = "y" }'},
        {"q": '{ name = "x" && }'},
        {"q": '{ name =~ "x" }'},
        {"tags": "no-pair"},
        {"limit": "none"},
        {"limit": "0"},
        {"q": "{}", "tags": "a=b"},
    ],
)
def test_a_query_that_is_not_understood_is_refused_with_a_reason(store: Store, params: dict[str, str]) -> None:
    answer = store.get("/api/search", **params)

    assert answer.status_code == 400
    assert answer.text


def test_the_oldest_trace_goes_when_there_are_too_many() -> None:
    with running("--max-traces", "2") as store:
        first, second, third = (_one_span(store, f"number {n}") for n in range(3))

        assert store.get(f"/api/traces/{first}").status_code == 404
        assert {trace["traceID"] for trace in store.search()} == {second, third}


def test_the_oldest_trace_goes_whole_when_the_bytes_run_out() -> None:
    with running("--max-bytes", "20KiB") as store:
        tracer = store.tracer("big")
        with tracer.start_as_current_span("root") as old:
            tracer.start_span("child").end()
        newest = [_one_span(store, "filler", text="x" * 6000) for _ in range(4)][-1]

        assert store.get(f"/api/traces/{old.get_span_context().trace_id:032x}").status_code == 404
        assert store.get(f"/api/traces/{newest}").status_code == 200
        assert len(store.search()) == 3


@pytest.mark.parametrize("signal_name", ["metrics", "logs"])
async def test_metrics_and_logs_are_answered_with_success(store: Store, signal_name: str) -> None:
    method = f"/opentelemetry.proto.collector.{signal_name}.v1.{signal_name.capitalize()}Service/Export"
    async with grpc.aio.insecure_channel(store.otlp) as channel:
        assert await channel.unary_unary(method, None, None)(b"", timeout=5) == b""


async def test_what_is_no_export_request_is_refused(store: Store) -> None:
    async with grpc.aio.insecure_channel(store.otlp) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export", None, None)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await export(b"\xff\xff\xff", timeout=5)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_it_says_when_it_is_ready(store: Store) -> None:
    assert store.get("/ready").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_when_told_to_stop(number: signal.Signals) -> None:
    with running() as store:
        store.process.send_signal(number)
        assert store.process.wait(timeout=10) == 0


def test_a_taken_port_ends_it_with_a_reason(store: Store) -> None:
    address = store.http.removeprefix("http://")
    command = [sys.executable, "-m", "codex_otlp_store", "--otlp", "127.0.0.1:0", "--http", address]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode == 1
    assert "in use" in ended.stderr
