"""Log lines that know their trace, and that leave over OTLP besides."""

import time
from typing import Final

from opentelemetry.trace import INVALID_SPAN_CONTEXT
from structlog.typing import EventDict, Processor, WrappedLogger

from codex_telemetry.current import span_context
from codex_telemetry.log_sender import LogSender
from codex_telemetry.log_wire import LogRecord, encode_record

# The scope of our own lines; a library's is the name of its logger.
_OURS: Final = "codex_telemetry"
# What these say is about exports: it must not be exported.
_EXPORTERS: Final = ("opentelemetry.exporter", "opentelemetry.sdk")


def add_trace_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: ``trace_id``, ``span_id`` and ``trace_flags`` of the current span, in hexadecimal."""
    current = span_context()
    if current:
        event["trace_id"] = format(current.trace_id, "032x")
        event["span_id"] = format(current.span_id, "016x")
        event["trace_flags"] = format(current.trace_flags, "02x")
    return event


def sending(sender: LogSender) -> Processor:
    """A structlog processor that hands a copy of each event to ``sender``; the event passes unchanged."""

    def send(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        scope = str(event.get("logger", _OURS))
        if not scope.startswith(_EXPORTERS):
            current = span_context() or INVALID_SPAN_CONTEXT
            sender.put(LogRecord(scope, encode_record(event, current, time.time_ns())))
        return event

    return send
