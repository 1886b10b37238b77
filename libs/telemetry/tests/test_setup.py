"""A service's process from its first line to its last, seen from outside."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

Run = Callable[..., subprocess.CompletedProcess[str]]
Collector = Any

LOOK = """
import json, sys
from codex_telemetry import setup, span, carrier, trace_id, quiet, linked_root, resume, metrics
telemetry = setup(sys.argv[1] if len(sys.argv) > 1 else "problem-service")
import grpc.aio
with quiet(), span("x") as s, linked_root("y", carrier()), resume(carrier(), "z"):
    metrics.record_submission(1.0, language="python", verdict="AC")
    recording = s.is_recording()
modules = [n for n in sys.modules if n.startswith(("opentelemetry.sdk", "opentelemetry.exporter",
    "opentelemetry.distro", "aiokafka", "fastapi"))]
import redis.asyncio.client as r, pymongo.monitoring as m  # redis-py itself loads the SDK where it is installed
print(json.dumps({
    "enabled": telemetry.enabled,
    "same": setup("problem-service") is telemetry,
    "seams": [len(telemetry.server_interceptors), len(telemetry.log_processors)],
    "recording": recording,
    "modules": modules,
    "patched": [r.Redis.execute_command.__code__.co_filename, len(m._LISTENERS.command_listeners)],
    "trace": trace_id(),
}))
"""

SPANS = """
import asyncio, sys, time
from codex_telemetry import setup, span, metrics
telemetry = setup("problem-service", version="1.2.3", environment="staging")
async def main():
    for number in range(int(sys.argv[1])):
        with span(f"number {number % 10}"):
            metrics.record_submission(0.2, language="python", verdict="AC")
    start = time.monotonic()
    whole = await telemetry.shutdown()
    print(whole, round(time.monotonic() - start, 2))
asyncio.run(main())
"""


def _with(program: str, *arguments: str) -> str:
    return f"import sys; sys.argv[1:] = {list(arguments)!r}\n{program}"


def _attributes(attributes: Any) -> dict[str, str]:
    items: list[KeyValue] = list(attributes)
    return {item.key: item.value.string_value for item in items}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_without_an_endpoint_nothing_is_loaded_patched_or_recorded(run: Run, environment: dict[str, str]) -> None:
    seen = json.loads(run(LOOK, **environment).stdout)

    assert seen["enabled"] is False
    assert seen["same"] is True
    assert seen["seams"] == [0, 0]
    assert seen["recording"] is False
    assert seen["modules"] == []
    assert "redis/asyncio/client.py" in seen["patched"][0]
    assert seen["patched"][1] == 0
    assert seen["trace"] is None


def test_with_an_endpoint_only_what_the_service_uses_is_patched(run: Run, collector: Collector) -> None:
    seen = json.loads(run(LOOK, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint).stdout)

    assert seen["enabled"] is True
    assert seen["same"] is True
    assert seen["seams"] == [1, 1]
    assert seen["recording"] is True
    assert "codex_telemetry/redis.py" in seen["patched"][0]
    assert seen["patched"][1] == 1
    assert "opentelemetry.sdk.trace" in seen["modules"]
    assert not {"aiokafka", "fastapi"} & set(seen["modules"])


def test_the_collaboration_service_is_never_traced(run: Run, collector: Collector) -> None:
    look = "from codex_telemetry import setup; print(setup('collab-service').enabled)"

    assert run(look, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint).stdout == "False\n"


@pytest.mark.parametrize("scheme", ["", "http://"])
def test_every_span_and_measurement_arrives_with_who_sent_it(run: Run, collector: Collector, scheme: str) -> None:
    ended = run(
        _with(SPANS, "3000"),
        OTEL_EXPORTER_OTLP_ENDPOINT=scheme + collector.endpoint,
        OTEL_BSP_MAX_QUEUE_SIZE="4096",
        OTEL_RESOURCE_ATTRIBUTES="k8s.pod.uid=42",
    )

    assert ended.stdout.startswith("True"), ended.stderr
    assert len(collector.spans()) == 3000
    resource = _attributes(collector.resource_spans()[0].resource.attributes)
    assert resource["service.name"] == "problem-service"
    assert resource["service.namespace"] == "codex"
    assert resource["service.version"] == "1.2.3"
    assert resource["deployment.environment.name"] == "staging"
    assert resource["k8s.pod.uid"] == "42"
    assert len(resource["service.instance.id"]) == 36
    point = collector.measured()["codex.submission.duration"].histogram.data_points[0]
    assert point.count == 3000
    assert _attributes(point.attributes) == {"codex.submission.language": "python", "codex.submission.verdict": "AC"}
    assert point.exemplars[0].trace_id in {span.trace_id for span in collector.spans()}


def test_the_environment_wins_over_the_arguments(run: Run, collector: Collector) -> None:
    run(
        _with(SPANS, "1"),
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        OTEL_SERVICE_NAME="renamed",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=production,service.namespace=other",
    )

    resource = _attributes(collector.resource_spans()[0].resource.attributes)
    assert resource["service.name"] == "renamed"
    assert resource["deployment.environment.name"] == "production"
    assert resource["service.namespace"] == "codex"


def test_another_sampler_may_be_chosen_for_roots(run: Run, collector: Collector) -> None:
    run(_with(SPANS, "100"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_TRACES_SAMPLER="always_off")

    assert collector.spans() == []


def test_a_hanging_collector_holds_the_end_up_for_five_seconds_at_most(run: Run, collector: Collector) -> None:
    collector.answering.clear()

    ended = run(_with(SPANS, "2000"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    whole, seconds = ended.stdout.split()
    assert whole == "False"
    assert float(seconds) < 5.5
    assert ended.returncode == 0


def test_a_silent_address_holds_the_end_up_for_five_seconds_at_most(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = run(_with(SPANS, "2000"), OTEL_EXPORTER_OTLP_ENDPOINT=f"127.0.0.1:{silent.getsockname()[1]}")

    assert float(ended.stdout.split()[1]) < 5.5
    assert ended.returncode == 0


SERVE = """
import asyncio, signal
from codex_telemetry import setup, span
telemetry = setup("problem-service")
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    count = 0
    while not stop.is_set():
        with span("work"):
            count += 1
        if count == 100:
            print("busy", flush=True)
        await asyncio.sleep(0.001)
    await telemetry.shutdown()
    print(count, flush=True)
asyncio.run(main())
"""


def test_told_to_stop_while_busy_it_loses_no_span(collector: Collector) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        process.send_signal(signal.SIGTERM)
        ended = int(process.stdout.readline())
        assert process.wait(10) == 0

    assert len(collector.spans()) == ended


def test_a_dead_collector_slows_no_request(run: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{unused.getsockname()[1]}"
    started = time.monotonic()

    ended = run(_with(SPANS, "1000"), OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)

    assert ended.returncode == 0
    assert time.monotonic() - started < 10
