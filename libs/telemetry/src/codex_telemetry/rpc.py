"""What the two ends of a call have in common: one span and one measurement for each."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import grpc
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from codex_telemetry.attributes import ERROR_TYPE, RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME
from codex_telemetry.histogram import Histogram, Series
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

    __slots__ = ("_end_of", "_started", "span")

    def __init__(self, end_of: "End", context: Context | None) -> None:
        self._end_of = end_of
        self._started = time.perf_counter()
        self.span = _tracer.start_span(end_of.name, context, end_of.kind, end_of.attributes)

    def end(self, status: str, details: str | None = None) -> None:
        """Close the span and take the measurement, with the span as its exemplar."""
        outcome = self._end_of.outcome(status)
        if outcome.failed:
            self.span.set_status(StatusCode.ERROR, details)
        self.span.set_attributes(outcome.attributes)
        outcome.series.record(time.perf_counter() - self._started, self.span.get_span_context())
        self.span.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a status means for the span and the measurement of a call."""

    failed: bool
    attributes: Mapping[str, AttributeValue]
    series: Series


class End:
    """All calls of one method at one end, with what need not be made anew for each of them."""

    def __init__(self, path: str, *, kind: SpanKind, duration: Histogram, failures: frozenset[str]) -> None:
        self.name = path.removeprefix("/")
        self.kind = kind
        self.attributes: Mapping[str, AttributeValue] = {RPC_SYSTEM_NAME: "grpc", RPC_METHOD: self.name}
        self._duration, self._failures = duration, failures
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, status: str) -> Outcome:
        """One of the few that are possible: the statuses of gRPC."""
        if status not in self._outcomes:
            self._outcomes[status] = self._new_outcome(status)
        return self._outcomes[status]

    def _new_outcome(self, status: str) -> Outcome:
        failed = status in self._failures
        told = {RPC_RESPONSE_STATUS_CODE: status} | ({ERROR_TYPE: status} if failed else {})
        return Outcome(failed=failed, attributes=told, series=self._duration.at({**self.attributes, **told}))


@lru_cache(maxsize=512)
def client_end(path: str) -> End:
    return End(path, kind=SpanKind.CLIENT, duration=rpc_client_duration, failures=_CLIENT_FAILURES)


@lru_cache(maxsize=512)
def server_end(path: str) -> End:
    return End(path, kind=SpanKind.SERVER, duration=rpc_server_duration, failures=_SERVER_FAILURES)
