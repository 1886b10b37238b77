"""Spans as the bytes of an ``ExportTraceServiceRequest``.

The SDK makes a protobuf object for every attribute of every span, in Python. Writing bytes directly costs a fifth
of that, and it was most of what a span costs after its end.
"""

from collections.abc import Iterable
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status

from codex_telemetry.protobuf import attributes, count, field, fixed32, fixed64, of_resource, of_scope, text, varint
from codex_telemetry.recorded import RecordedSpan, SpanEvent

# Flags of a span or link: "it is known whether the context is remote", and "it is".
_LOCAL: Final = fixed32(0x100)
_REMOTE: Final = fixed32(0x300)


FinishedSpan = ReadableSpan | RecordedSpan
_Scoped = tuple[InstrumentationScope | None, list[bytes]]


def encode_spans(spans: Iterable[FinishedSpan]) -> bytes:
    """The request that exports ``spans``, grouped by resource and scope."""
    resources: dict[int, tuple[Resource, dict[int, _Scoped]]] = {}
    for span in spans:
        # By identity: these two compute their hash anew each time, from all that they hold.
        _, scopes = resources.setdefault(id(span.resource), (span.resource, {}))
        _, fields = scopes.setdefault(id(span.instrumentation_scope), (span.instrumentation_scope, []))
        fields.append(field(b"\x12", _span(span)))
    return b"".join(
        field(b"\x0a", of_resource(resource, [of_scope(*scoped) for scoped in scopes.values()]))
        for resource, scopes in resources.values()
    )


def _span(span: FinishedSpan) -> bytes:
    context, parent = span.context, span.parent
    return b"".join(
        (
            b"\x0a\x10" + context.trace_id.to_bytes(16, "big"),
            b"\x12\x08" + context.span_id.to_bytes(8, "big"),
            _trace_state(context),
            b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
            text(b"\x2a", span.name),
            # Protobuf's enum has an "unspecified" before the SDK's first.
            b"\x30" + varint(span.kind.value + 1),
            b"\x39" + fixed64(span.start_time or 0),
            b"\x41" + fixed64(span.end_time or 0),
            attributes(b"\x4a", span.attributes),
            count(b"\x50", span.dropped_attributes),
            *[field(b"\x5a", _event(event)) for event in span.events],
            count(b"\x60", span.dropped_events),
            *[field(b"\x6a", _link(link)) for link in span.links],
            count(b"\x70", span.dropped_links),
            field(b"\x7a", _status(span.status)),
            b"\x85\x01" + _flags(parent),
        )
    )


def _event(event: Event | SpanEvent) -> bytes:
    return b"".join(
        (
            b"\x09" + fixed64(event.timestamp),
            text(b"\x12", event.name),
            attributes(b"\x1a", event.attributes),
            count(b"\x20", event.dropped_attributes),
        )
    )


def _link(link: Link) -> bytes:
    return b"".join(
        (
            b"\x0a\x10" + link.context.trace_id.to_bytes(16, "big"),
            b"\x12\x08" + link.context.span_id.to_bytes(8, "big"),
            attributes(b"\x22", link.attributes),
            count(b"\x28", link.dropped_attributes),
            b"\x35" + _flags(link.context),
        )
    )


def _status(status: Status) -> bytes:
    return text(b"\x12", status.description) + count(b"\x18", status.status_code.value)


def _trace_state(context: SpanContext) -> bytes:
    state = context.trace_state
    return text(b"\x1a", ",".join(f"{key}={value}" for key, value in state.items())) if state else b""


def _flags(context: SpanContext | None) -> bytes:
    return _REMOTE if context and context.is_remote else _LOCAL
