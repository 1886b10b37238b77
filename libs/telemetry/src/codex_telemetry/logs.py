"""Log lines that know their trace."""

from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger


def add_trace_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: ``trace_id``, ``span_id`` and ``trace_flags`` of the current span, in hexadecimal."""
    current = trace.get_current_span().get_span_context()
    if current.is_valid:
        event["trace_id"] = format(current.trace_id, "032x")
        event["span_id"] = format(current.span_id, "016x")
        event["trace_flags"] = format(current.trace_flags, "02x")
    return event
