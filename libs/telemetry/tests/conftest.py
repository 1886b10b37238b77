import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from codex_telemetry.testing import Recorder, record

_Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def _recorder() -> Recorder:
    return record("code-manage-service")


@pytest.fixture
def recorder(_recorder: Recorder) -> Recorder:
    """Tracing in this process, with the spans of this test only."""
    _recorder.clear()
    return _recorder


class Collector:
    """An OTLP receiver in this process. Told to hang, it takes requests and doesn't answer them."""

    def __init__(self) -> None:
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.logs: list[ExportLogsServiceRequest] = []
        self.answering = threading.Event()
        self.answering.set()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers(
            (
                self._service("trace", "TraceService", ExportTraceServiceRequest, self.traces),
                self._service("metrics", "MetricsService", ExportMetricsServiceRequest, self.metrics),
                self._service("logs", "LogsService", ExportLogsServiceRequest, self.logs),
            )
        )
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def resource_spans(self) -> list[ResourceSpans]:
        return [item for request in self.traces for item in request.resource_spans]

    def spans(self) -> list[Span]:
        return [span for item in self.resource_spans() for scope in item.scope_spans for span in scope.spans]

    def resource_logs(self) -> list[ResourceLogs]:
        return [item for request in self.logs for item in request.resource_logs]

    def measured(self) -> dict[str, Metric]:
        """The newest state of every metric."""
        return {
            metric.name: metric
            for request in self.metrics
            for item in request.resource_metrics
            for scope in item.scope_metrics
            for metric in scope.metrics
        }

    def stop(self) -> None:
        self.answering.set()
        self._server.stop(0)

    def _service(self, signal: str, name: str, message: Any, kept: list[Any]) -> Any:
        def export(request: bytes, _context: grpc.ServicerContext) -> bytes:
            kept.append(message.FromString(request))
            self.answering.wait(60)
            return b""

        handlers = {"Export": grpc.unary_unary_rpc_method_handler(export)}
        return grpc.method_handlers_generic_handler(f"opentelemetry.proto.collector.{signal}.v1.{name}", handlers)


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture
def run() -> _Run:
    """Run a program in a Python of its own, with these environment variables and no others of OpenTelemetry."""

    def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run
