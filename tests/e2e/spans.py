"""Spans, as Tempo's query API gives them: OTLP in JSON, ids hex or base64, enums as numbers or names."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened during a span; ``at`` in nanoseconds since 1970."""

    name: str
    at: int
    attributes: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span. Times in nanoseconds since 1970; links are (trace id, span id)."""

    trace_id: str
    span_id: str
    parent: str | None
    name: str
    kind: str
    service: str
    start: int
    end: int
    error: bool
    message: str = ""
    attributes: Json = field(default_factory=dict)
    resource: Json = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    events: tuple[Event, ...] = ()


def spans_of(document: Json) -> list[Span]:
    """All spans of an answer of ``/api/v2/traces/{id}``."""
    groups = document.get("trace", {}).get("resourceSpans", [])
    return [span for group in groups for span in _of_group(group)]


def _of_group(group: Json) -> Iterator[Span]:
    resource = _attributes(group["resource"])
    for scope in group["scopeSpans"]:
        yield from (_span(each, resource) for each in scope["spans"])


def _span(raw: Json, resource: Json) -> Span:
    kind, status = raw.get("kind", 0), raw.get("status", {})
    return Span(
        trace_id=_hex(raw["traceId"], 32),
        span_id=_hex(raw["spanId"], 16),
        parent=_hex(raw.get("parentSpanId", ""), 16) or None,
        name=raw["name"],
        kind=_KINDS[kind] if isinstance(kind, int) else kind.removeprefix("SPAN_KIND_").lower(),
        service=resource["service.name"],
        start=int(raw["startTimeUnixNano"]),
        end=int(raw["endTimeUnixNano"]),
        error=status.get("code") in (2, "STATUS_CODE_ERROR"),
        message=status.get("message", ""),
        attributes=_attributes(raw),
        resource=resource,
        links=tuple((_hex(link["traceId"], 32), _hex(link["spanId"], 16)) for link in raw.get("links", [])),
        events=tuple(
            Event(name=event["name"], at=int(event["timeUnixNano"]), attributes=_attributes(event))
            for event in raw.get("events", [])
        ),
    )


def _hex(text: str, digits: int) -> str:
    return text.lower() if len(text) in (0, digits) else b64decode(text).hex()


def _attributes(holder: Json) -> Json:
    return {pair["key"]: _value(pair.get("value", {})) for pair in holder.get("attributes", [])}


def _value(value: Json) -> Any:
    """Integers come as text, because JSON's numbers can't hold them all."""
    if "intValue" in value:
        return int(value["intValue"])
    if "doubleValue" in value:
        return float(value["doubleValue"])
    if "arrayValue" in value:
        return [_value(each) for each in value["arrayValue"].get("values", [])]
    return next(iter(value.values()), None)
