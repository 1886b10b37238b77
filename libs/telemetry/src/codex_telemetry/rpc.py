"""What the two ends of a call have in common: one span and one measurement for each."""

import time
from functools import lru_cache
from typing import Final

import grpc
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from codex_telemetry.attributes import ERROR_TYPE, RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME
from codex_telemetry.metrics import rpc_client_duration, rpc_server_duration

_tracer = trace.get_tracer("codex_telemetry.rpc")

_UNTRACED: Final = ("/grpc.health.v1.Health/", "/grpc.reflection.")
_NAMES: Final[dict[int, str]] = {code.value[0]: code.name for code in grpc.StatusCode}

# For a client everything but OK is a failure. A server has failed only where the fault isn't the caller's.
_CLIENT_FAILURES: Final = frozenset(_NAMES.values()) - {"OK"}
_SERVER_FAILURES: Final = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)


def is_traced(method: str) -> bool:
    """Health checks and reflection come from machines that ask every few seconds."""
    return not method.startswith(_UNTRACED)


def status_name(code: grpc.StatusCode | int | None) -> str:
    """``NOT_FOUND`` for the enum's member and for its number; a handler that set nothing has ended with ``OK``."""
    if isinstance(code, grpc.StatusCode):
        return code.name
    return _NAMES.get(code or 0, "UNKNOWN")


class Rpc:
    """One call at one of its ends, while it is under way."""

    __slots__ = ("_attributes", "_duration", "_failures", "_started", "span")

    def __init__(
        self, path: str, *, kind: SpanKind, context: Context | None, duration: Histogram, failures: frozenset[str]
    ) -> None:
        name, self._attributes = _describe(path)
        self._duration = duration
        self._failures = failures
        self._started = time.perf_counter()
        self.span = _tracer.start_span(name, context=context, kind=kind, attributes=self._attributes)

    def end(self, status: str, details: str | None = None) -> None:
        """Close the span and take the measurement, with the span as its exemplar."""
        outcome: dict[str, AttributeValue] = {RPC_RESPONSE_STATUS_CODE: status}
        if status in self._failures:
            outcome[ERROR_TYPE] = status
            self.span.set_status(StatusCode.ERROR, details)
        self.span.set_attributes(outcome)
        seconds = time.perf_counter() - self._started
        self._duration.record(seconds, self._attributes | outcome, context=trace.set_span_in_context(self.span))
        self.span.end()


def client_call(path: str) -> Rpc:
    return Rpc(path, kind=SpanKind.CLIENT, context=None, duration=rpc_client_duration, failures=_CLIENT_FAILURES)


def server_call(path: str, caller: Context) -> Rpc:
    return Rpc(path, kind=SpanKind.SERVER, context=caller, duration=rpc_server_duration, failures=_SERVER_FAILURES)


@lru_cache(maxsize=512)
def _describe(path: str) -> tuple[str, dict[str, AttributeValue]]:
    method = path.removeprefix("/")
    return method, {RPC_SYSTEM_NAME: "grpc", RPC_METHOD: method}
