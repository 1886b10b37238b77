"""Traces and logs as services send them: five services, six spans a trace, one log line a trace."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span

SERVICES: Final = (
    "gateway-service",
    "auth-user-service",
    "problem-service",
    "code-manage-service",
    "code-execution-service",
)
SPANS: Final = 6  # of every trace


class _SameIds(IdGenerator):
    """The same ids in every run: which traces a sampler keeps is no matter of luck."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(128)

    def generate_span_id(self) -> int:
        return self._random.getrandbits(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The ids of what was sent, in order; ``failed`` are those of traces that have a failed span."""

    traces: Sequence[str]
    failed: Sequence[str]


def send(endpoint: str, count: int, *, seed: int, every_failing: int = 20) -> Sent:
    """Send traces over OTLP/gRPC; all have left when this returns. One in ``every_failing`` has a failed span."""
    ids = _SameIds(seed)
    with ExitStack() as stack:
        tracers = {name: stack.enter_context(_tracer(name, endpoint, ids)) for name in SERVICES}
        logger = stack.enter_context(_logger("problem-service", endpoint))
        traces = [_trace(tracers, logger, fails=number % every_failing == 0) for number in range(count)]
    return Sent(traces=traces, failed=traces[::every_failing])


def _trace(tracers: dict[str, Tracer], logger: LoggerProvider, *, fails: bool) -> str:
    gateway, problem = tracers["gateway-service"], tracers["problem-service"]
    manage, execution = tracers["code-manage-service"], tracers["code-execution-service"]
    with gateway.start_as_current_span("POST /api/v1/user/submit", kind=SpanKind.SERVER) as root:
        trace_id = f"{root.get_span_context().trace_id:032x}"
        with (
            gateway.start_as_current_span("problem/Get", kind=SpanKind.CLIENT),
            problem.start_as_current_span("problem/Get", kind=SpanKind.SERVER) as span,
        ):
            _log(logger, f"found for {trace_id}")
            if fails:
                span.set_status(Status(StatusCode.ERROR))
        with (
            manage.start_as_current_span("send code-execution-topic", kind=SpanKind.PRODUCER),
            execution.start_as_current_span("process code-execution-topic", kind=SpanKind.CONSUMER),
            execution.start_as_current_span("code.execution"),
        ):
            pass
    return trace_id


def _log(provider: LoggerProvider, text: str) -> None:
    context = get_current_span().get_span_context()
    provider.get_logger("sending").emit(
        LogRecord(
            body=text,
            severity_number=SeverityNumber.INFO,
            trace_id=context.trace_id,
            span_id=context.span_id,
            trace_flags=context.trace_flags,
        )
    )


@contextmanager
def _tracer(service: str, endpoint: str, ids: IdGenerator) -> Iterator[Tracer]:
    provider = TracerProvider(resource=_resource(service), id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=True)))
    yield provider.get_tracer("sending")
    provider.shutdown()


@contextmanager
def _logger(service: str, endpoint: str) -> Iterator[LoggerProvider]:
    provider = LoggerProvider(resource=_resource(service), shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=endpoint, insecure=True)))
    yield provider
    provider.shutdown()


def _resource(service: str) -> Resource:
    return Resource.create({"service.name": service, "service.namespace": "codex", "service.instance.id": "test"})
