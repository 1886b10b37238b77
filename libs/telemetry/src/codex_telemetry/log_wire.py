"""Log events as the bytes of an ``ExportLogsServiceRequest``."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext
from structlog.typing import EventDict

from codex_telemetry.protobuf import any_value, attribute, count, field, fixed32, fixed64, of_resource, of_scope, text
from codex_telemetry.recorded import LONGEST_TEXT, MOST_ATTRIBUTES

# Characters; and of a traceback the end, which says what went wrong.
_LONGEST_BODY: Final = 4096
_LONGEST_TRACEBACK: Final = 8192

_SEVERITIES: Final = {"debug": 5, "info": 9, "warning": 13, "error": 17, "critical": 21}
_SEVERITY: Final = {level: count(b"\x10", number) + text(b"\x1a", level) for level, number in _SEVERITIES.items()}
# For these a record has fields, or its resource and scope say them; the last two are structlog's own.
_SAID: Final = frozenset(
    {"event", "exception", "level", "logger", "service", "timestamp", "trace_id", "span_id", "trace_flags"}
) | {"_record", "_from_structlog"}


class LogRecord(NamedTuple):
    """A record that is written down already, and the scope that it belongs to."""

    scope: str
    content: bytes


def encode_record(event: EventDict, context: SpanContext, now: int) -> bytes:
    """A ``LogRecord`` message: the event logged ``now`` (nanoseconds since 1970) in the span of ``context``."""
    attributes = [attribute(b"\x32", key, _scalar(item)) for key, item in event.items() if key not in _SAID]
    if traceback := event.get("exception"):
        attributes.insert(0, attribute(b"\x32", "exception.stacktrace", str(traceback)[-_LONGEST_TRACEBACK:]))
    return b"".join(
        (
            b"\x09" + fixed64(now),
            _SEVERITY.get(event.get("level", ""), b""),
            field(b"\x2a", any_value(str(event.get("event", ""))[:_LONGEST_BODY])),
            *attributes[:MOST_ATTRIBUTES],
            count(b"\x38", max(0, len(attributes) - MOST_ATTRIBUTES)),
            _span(context),
            b"\x59" + fixed64(now),
        )
    )


def encode_request(resource: Resource, records: Iterable[LogRecord]) -> bytes:
    """The request that exports ``records`` of one resource, grouped by scope."""
    scopes: defaultdict[str, list[bytes]] = defaultdict(list)
    for record in records:
        scopes[record.scope].append(field(b"\x12", record.content))
    groups = [of_scope(InstrumentationScope(name), fields) for name, fields in scopes.items()]
    return field(b"\x0a", of_resource(resource, groups))


def _span(context: SpanContext) -> bytes:
    if not context.is_valid:
        return b""
    return b"".join(
        (
            b"\x45" + fixed32(context.trace_flags),
            b"\x4a\x10" + context.trace_id.to_bytes(16, "big"),
            b"\x52\x08" + context.span_id.to_bytes(8, "big"),
        )
    )


def _scalar(item: Any) -> Any:
    return item if isinstance(item, (int, float)) else str(item)[:LONGEST_TEXT]
