"""Spans as the bytes of an ``ExportTraceServiceRequest``.

The SDK makes a protobuf object for every attribute of every span, in Python. Writing bytes directly costs a fifth
of that, and it was most of what a span costs after its end.

Protobuf in short: a field is a tag (its number and the way its value is written) and its value. Messages, texts and
bytes have their length in front; whole numbers are written in groups of seven bits, the lowest first. Fields that
have their default are left out, but for those of ``AnyValue``, which tell its type.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status

_double = struct.Struct("<d").pack
_fixed32 = struct.Struct("<I").pack
_fixed64 = struct.Struct("<Q").pack

# Flags of a span or link: "it is known whether the context is remote", and "it is".
_LOCAL: Final = _fixed32(0x100)
_REMOTE: Final = _fixed32(0x300)

_Attributes = Mapping[str, Any] | None


def encode_spans(spans: Iterable[ReadableSpan]) -> bytes:
    """The request that exports ``spans``, grouped by resource and scope."""
    groups: defaultdict[Resource, defaultdict[InstrumentationScope | None, list[bytes]]]
    groups = defaultdict(lambda: defaultdict(list))
    for span in spans:
        groups[span.resource][span.instrumentation_scope].append(_field(b"\x12", _span(span)))
    return b"".join(_field(b"\x0a", _resource_spans(resource, scopes)) for resource, scopes in groups.items())


def _resource_spans(resource: Resource, scopes: Mapping[InstrumentationScope | None, list[bytes]]) -> bytes:
    parts = [_field(b"\x0a", _attributes(b"\x0a", resource.attributes))]
    parts += [_field(b"\x12", _scope_spans(scope, spans)) for scope, spans in scopes.items()]
    parts.append(_text(b"\x1a", resource.schema_url))
    return b"".join(parts)


def _scope_spans(scope: InstrumentationScope | None, spans: list[bytes]) -> bytes:
    if scope is None:
        return b"\x0a\x00" + b"".join(spans)
    name = _text(b"\x0a", scope.name) + _text(b"\x12", scope.version) + _attributes(b"\x1a", scope.attributes)
    return b"".join((_field(b"\x0a", name), *spans, _text(b"\x1a", scope.schema_url)))


def _span(span: ReadableSpan) -> bytes:
    context, parent = span.context, span.parent
    return b"".join(
        (
            b"\x0a\x10" + context.trace_id.to_bytes(16, "big"),
            b"\x12\x08" + context.span_id.to_bytes(8, "big"),
            _trace_state(context),
            b"\x22\x08" + parent.span_id.to_bytes(8, "big") if parent else b"",
            _text(b"\x2a", span.name),
            # Protobuf's enum has an "unspecified" before the SDK's first.
            b"\x30" + _varint(span.kind.value + 1),
            b"\x39" + _fixed64(span.start_time or 0),
            b"\x41" + _fixed64(span.end_time or 0),
            _attributes(b"\x4a", span.attributes),
            _count(b"\x50", span.dropped_attributes),
            *[_field(b"\x5a", _event(event)) for event in span.events],
            _count(b"\x60", span.dropped_events),
            *[_field(b"\x6a", _link(link)) for link in span.links],
            _count(b"\x70", span.dropped_links),
            _field(b"\x7a", _status(span.status)),
            b"\x85\x01" + _flags(parent),
        )
    )


def _event(event: Event) -> bytes:
    return b"".join(
        (
            b"\x09" + _fixed64(event.timestamp),
            _text(b"\x12", event.name),
            _attributes(b"\x1a", event.attributes),
            _count(b"\x20", event.dropped_attributes),
        )
    )


def _link(link: Link) -> bytes:
    return b"".join(
        (
            b"\x0a\x10" + link.context.trace_id.to_bytes(16, "big"),
            b"\x12\x08" + link.context.span_id.to_bytes(8, "big"),
            _attributes(b"\x22", link.attributes),
            _count(b"\x28", link.dropped_attributes),
            b"\x35" + _flags(link.context),
        )
    )


def _status(status: Status) -> bytes:
    return _text(b"\x12", status.description) + _count(b"\x18", status.status_code.value)


def _trace_state(context: SpanContext) -> bytes:
    state = context.trace_state
    return _text(b"\x1a", ",".join(f"{key}={value}" for key, value in state.items())) if state else b""


def _flags(context: SpanContext | None) -> bytes:
    return _REMOTE if context and context.is_remote else _LOCAL


def _attributes(tag: bytes, attributes: _Attributes) -> bytes:
    if not attributes:
        return b""
    return b"".join(
        [
            _cached_attribute(tag, key, value) if isinstance(value, (str, int)) else _attribute(tag, key, value)
            for key, value in attributes.items()
        ]
    )


def _attribute(tag: bytes, key: str, value: Any) -> bytes:
    return _field(tag, _text(b"\x0a", key) + _field(b"\x12", _value(value)))


# Most attributes are the same in many spans. Typed, because True and 1 are equal but not written alike.
_cached_attribute = lru_cache(maxsize=4096, typed=True)(_attribute)


def _value(value: Any) -> bytes:  # noqa: PLR0911 - one line for each type
    match value:
        case None:
            return b""
        case str():
            return _field(b"\x0a", value.encode("utf-8", "replace"))
        case bool():
            return b"\x10\x01" if value else b"\x10\x00"
        case int() if -(2**63) <= value < 2**63:
            return b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
        case float():
            return b"\x21" + _double(value)
        case bytes():
            return _field(b"\x3a", value)
        case Mapping():
            return _field(b"\x32", _attributes(b"\x0a", {str(key): item for key, item in value.items()}))
        case Sequence():
            return _field(b"\x2a", b"".join([_field(b"\x0a", _value(item)) for item in value]))
        case _:
            return _value(str(value))


def _text(tag: bytes, text: str | None) -> bytes:
    return _field(tag, text.encode("utf-8", "replace")) if text else b""


def _count(tag: bytes, count: int) -> bytes:
    return tag + _varint(count) if count else b""


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    if number < _MORE:
        return _ONE_BYTE[number]
    groups = bytearray()
    while number >= _MORE:
        groups.append(number % _MORE | _MORE)
        number >>= 7
    groups.append(number)
    return bytes(groups)


# The bit that says that another group follows; below it, a number is its own byte.
_MORE: Final = 0x80
_ONE_BYTE: Final = [bytes((number,)) for number in range(_MORE)]
