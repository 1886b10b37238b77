"""Log records as they arrive at a collector, from processes that log as services do."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

Run = Callable[..., subprocess.CompletedProcess[str]]
Collector = Any

BEGIN = """
import asyncio, json, logging, signal, sys, time
from codex_telemetry import setup, span, trace_id
telemetry = setup("problem-service", version="1.2.3")
import structlog
from codex_service import logs
logs.configure("problem-service", "info", telemetry.log_processors)
log = structlog.get_logger()
async def end():
    start = time.monotonic()
    print(json.dumps({"whole": await telemetry.shutdown(), "seconds": time.monotonic() - start}))
"""

SPEAK = """
with span("work") as current:
    log.info("submission judged", submission="s-1", tests=3, passed=True, seconds=0.5, counts={"a": 1})
    logging.getLogger("uvicorn.error").warning("connection %s lost", 7)
    try:
        raise ValueError("no such problem")
    except ValueError:
        log.exception("handler failed")
log.warning("x" * 9000, value="y" * 9000, **{f"key{n}": n for n in range(80)})
log.debug("nobody sees this")
print(format(current.get_span_context().trace_id, "032x"), format(current.get_span_context().span_id, "016x"))
asyncio.run(end())
"""

FLOOD = """
start = time.monotonic()
for number in range(5000):
    log.info("flood", number=number)
print(json.dumps({"logged": time.monotonic() - start}))
asyncio.run(end())
"""


def _values(record: LogRecord) -> dict[str, AnyValue]:
    return {item.key: item.value for item in record.attributes}


def _records(collector: Collector) -> dict[str, tuple[str, LogRecord]]:
    """Scope and record of every body, as far as 20 characters."""
    return {
        record.body.string_value[:20]: (scope.scope.name, record)
        for item in collector.resource_logs()
        for scope in item.scope_logs
        for record in scope.log_records
    }


def _said(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def spoken(run: Run, collector: Collector) -> subprocess.CompletedProcess[str]:
    ended = run(BEGIN + SPEAK, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_LOGS_EXPORTER="otlp")
    assert ended.returncode == 0, ended.stderr
    return ended


def test_a_line_of_the_log_arrives_with_the_span_it_was_logged_in(
    spoken: subprocess.CompletedProcess[str], collector: Collector
) -> None:
    (trace, span) = next(line for line in spoken.stdout.splitlines() if not line.startswith("{")).split()
    scope, record = _records(collector)["submission judged"]
    values = _values(record)

    assert (record.trace_id.hex(), record.span_id.hex(), record.flags & 1) == (trace, span, 1)
    assert (record.severity_number, record.severity_text) == (9, "info")
    assert abs(record.time_unix_nano / 1e9 - time.time()) < 60
    assert scope == "codex_telemetry"
    assert set(values) == {"submission", "tests", "passed", "seconds", "counts"}
    assert values["submission"].string_value == "s-1"
    assert values["tests"].int_value == 3
    assert values["passed"].bool_value is True
    assert values["seconds"].double_value == 0.5
    assert values["counts"].string_value == "{'a': 1}"


@pytest.mark.usefixtures("spoken")
def test_log_records_and_spans_come_from_the_same_resource(collector: Collector) -> None:
    assert collector.resource_logs()[0].resource == collector.resource_spans()[0].resource


def test_what_libraries_log_arrives_under_their_name(
    spoken: subprocess.CompletedProcess[str], collector: Collector
) -> None:
    scope, record = _records(collector)["connection 7 lost"]

    assert (scope, record.severity_number, record.severity_text) == ("uvicorn.error", 13, "warning")
    assert record.trace_id.hex() in spoken.stdout
    assert _values(record) == {}


@pytest.mark.usefixtures("spoken")
def test_an_exception_arrives_with_its_traceback(collector: Collector) -> None:
    _, record = _records(collector)["handler failed"]

    assert record.severity_number == 17
    assert _values(record)["exception.stacktrace"].string_value.endswith("ValueError: no such problem")


@pytest.mark.usefixtures("spoken")
def test_a_record_is_no_longer_than_it_may_be(collector: Collector) -> None:
    _, record = _records(collector)["x" * 20]

    assert len(record.body.string_value) == 4096
    assert len(_values(record)["value"].string_value) == 1024
    assert (len(record.attributes), record.dropped_attributes_count) == (64, 17)
    assert record.trace_id == b""


def test_stdout_says_the_same_as_without_export(
    spoken: subprocess.CompletedProcess[str], run: Run, collector: Collector
) -> None:
    plain = run(BEGIN + SPEAK, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    assert [line.get("event") for line in _said(spoken)] == [line.get("event") for line in _said(plain)]
    assert [line.keys() for line in _said(spoken)] == [line.keys() for line in _said(plain)]


@pytest.mark.parametrize("environment", [{}, {"OTEL_LOGS_EXPORTER": "none"}, {"OTEL_LOGS_EXPORTER": ""}])
def test_logs_stay_at_home_unless_asked_for(run: Run, collector: Collector, environment: dict[str, str]) -> None:
    look = """
log.info("hello")
import threading
print(json.dumps({
    "loaded": [n for n in sys.modules if n.endswith(("grpc._log_exporter", "codex_telemetry.log_exporter"))],
    "threads": [t.name for t in threading.enumerate() if "log" in t.name.lower()],
}))
asyncio.run(end())
"""
    _, seen, _ = _said(run(BEGIN + look, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **environment))

    assert seen == {"loaded": [], "threads": []}
    assert collector.logs == []


def test_without_tracing_there_is_no_export_of_logs_either(run: Run) -> None:
    look = "log.info('hello')\nprint(json.dumps([n for n in sys.modules if n.startswith('opentelemetry.sdk')]))"

    assert run(BEGIN + look, OTEL_LOGS_EXPORTER="otlp").stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("OTEL_LOGS_EXPORTER", "console", "'console' is not one of none, otlp"),
        ("OTEL_CODEX_KAFKA_LINKS", "both", "'both' is not one of parent_and_link, link_only"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0", "'0' is not a whole number above 0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "soon", "'soon' is not a whole number above 0"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_its_name(
    run: Run, collector: Collector, name: str, value: str, sentence: str
) -> None:
    told = {"OTEL_LOGS_EXPORTER": "otlp", name: value}

    ended = run(BEGIN, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **told)

    assert ended.returncode == 2
    assert ended.stderr == f"cannot start, settings are wrong:\n  {name}: {sentence}\n"


def test_when_the_collector_hangs_the_queue_stays_bounded_and_the_loss_is_counted(
    run: Run, collector: Collector
) -> None:
    collector.answering.clear()

    ended = run(
        BEGIN + FLOOD,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        OTEL_LOGS_EXPORTER="otlp",
        OTEL_BLRP_MAX_QUEUE_SIZE="600",
    )

    said = _said(ended)
    (logged,) = (line["logged"] for line in said if "logged" in line)
    (last,) = (line for line in said if "whole" in line)
    lost = sum(line["count"] for line in said if line.get("event") == "log records lost on their way to the collector")
    assert logged < 5
    assert last["whole"] is False
    assert last["seconds"] < 5.5
    # What waits at most: a batch on its way and the queue.
    assert lost >= 5000 - 512 - 600
    assert ended.returncode == 0


def test_a_collector_that_is_not_there_slows_no_line_and_no_end_and_makes_no_loop(run: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{unused.getsockname()[1]}"

    ended = run(BEGIN + FLOOD, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_LOGS_EXPORTER="otlp")

    said = _said(ended)
    assert ended.returncode == 0
    assert next(line["logged"] for line in said if "logged" in line) < 5
    assert next(line["seconds"] for line in said if "seconds" in line) < 5.5
    assert len(said) - 5000 < 30


def test_an_exporters_own_complaints_are_not_exported(run: Run, collector: Collector) -> None:
    complain = """
for name in ("opentelemetry.exporter.otlp.proto.grpc.exporter", "opentelemetry.sdk.trace", "grpc", "aiokafka"):
    logging.getLogger(name).error("complaint of " + name)
asyncio.run(end())
"""
    ended = run(BEGIN + complain, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_LOGS_EXPORTER="otlp")

    assert ended.stdout.count("complaint of") == 4
    assert {scope for scope, _ in _records(collector).values()} == {"grpc", "aiokafka"}


SERVE = """
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    count = 0
    while not stop.is_set():
        log.info("turn", number=count)
        count += 1
        if count == 100:
            print("busy", flush=True)
        await asyncio.sleep(0.001)
    await telemetry.shutdown()
    print(count, flush=True)
asyncio.run(main())
"""


def test_told_to_stop_while_busy_it_loses_no_record(collector: Collector) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_LOGS_EXPORTER": "otlp"}
    command = [sys.executable, "-c", BEGIN + SERVE]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "busy\n":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said = process.stdout.read().splitlines()
        assert process.wait(10) == 0

    numbers = [
        _values(record)["number"].int_value
        for item in collector.resource_logs()
        for scope in item.scope_logs
        for record in scope.log_records
    ]
    assert numbers == list(range(int(said[-1])))


def test_whether_a_record_is_a_child_of_its_sending_is_a_setting(run: Run, collector: Collector) -> None:
    look = """
from codex_telemetry import carrier
from types import SimpleNamespace
with span("sending"):
    headers = [(key, value.encode()) for key, value in carrier().items()]
record = SimpleNamespace(topic="t", partition=0, offset=1, key=b"k", value=b"v", headers=headers, timestamp=0)
with telemetry.process(record, group="g"):
    pass
asyncio.run(end())
"""
    for links in ("parent_and_link", "link_only"):
        run(
            BEGIN.replace("problem-service", "code-manage-service") + look,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
            OTEL_CODEX_KAFKA_LINKS=links,
        )

    child, linked = (span for span in collector.spans() if span.name == "process t")
    assert child.parent_span_id
    assert not linked.parent_span_id
    assert len(child.links) == len(linked.links) == 1
