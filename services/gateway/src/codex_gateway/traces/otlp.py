"""OTLP in JSON, as Tempo and its kin write it: ids hex or base64, enums as numbers or names, times in nanoseconds."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_args

from codex_gateway.models.traces import Attributes, Span, SpanEvent, SpanKind, SpanLink, SpanStatus
from codex_gateway.traces.filter import shown

Json = Mapping[str, Any]
Word = TypeVar("Word", bound=str)

_KINDS: Final[Sequence[SpanKind]] = get_args(SpanKind)
_STATUSES: Final[Sequence[SpanStatus]] = get_args(SpanStatus)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEX_DIGITS: Final = MappingProxyType({"traceId": 32, "spanId": 16, "parentSpanId": 16})


def spans_of(document: Json) -> list[Span]:
    """All spans of an answer, by their start; raises ValueError when it is no OTLP."""
    try:
        return sorted(_spans(document), key=lambda span: span.start)
    except (KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        raise ValueError("the answer is no OTLP") from error


def _spans(document: Json) -> Iterator[Span]:
    trace = document.get("trace") or document
    for resource in trace.get("resourceSpans") or trace.get("batches") or ():
        service = str(_attributes(resource.get("resource", {})).get("service.name", ""))
        for scope in resource.get("scopeSpans", ()):
            yield from (_span(span, service) for span in scope.get("spans", ()))


def _span(span: Json, service: str) -> Span:
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return Span(
        span_id=_id(span, "spanId") or "",
        parent_span_id=_id(span, "parentSpanId"),
        name=span["name"],
        kind=_word(span.get("kind", 0), _KINDS),
        service=service,
        start=_time(start),
        duration=(end - start) / 1e9,
        status=_word(span.get("status", {}).get("code", 0), _STATUSES),
        attributes=shown(_attributes(span)),
        events=[_event(event) for event in span.get("events", ())],
        links=[_link(link) for link in span.get("links", ())],
    )


def _event(event: Json) -> SpanEvent:
    return SpanEvent(name=event["name"], time=_time(int(event["timeUnixNano"])), attributes=shown(_attributes(event)))


def _link(link: Json) -> SpanLink:
    return SpanLink(trace_id=_id(link, "traceId") or "", span_id=_id(link, "spanId") or "")


def _id(holder: Json, field: str) -> str | None:
    text: str = holder.get(field) or ""
    identifier = text.lower() if len(text) == _HEX_DIGITS[field] else b64decode(text).hex()
    return identifier if identifier.strip("0") else None


def _word(value: int | str, words: Sequence[Word]) -> Word:
    """The enum's word for a number, or for a name such as SPAN_KIND_SERVER."""
    if isinstance(value, int):
        return words[value]
    return words[[word.upper() for word in words].index(value.rpartition("_")[2])]


def _time(nanoseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1_000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _attributes(holder: Json) -> Attributes:
    return {attribute["key"]: _value(attribute.get("value", {})) for attribute in holder.get("attributes", ())}


def _value(value: Json) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return [_value(item) for item in value["arrayValue"].get("values", ())]
    return next((value[kind] for kind in ("stringValue", "boolValue", "doubleValue") if kind in value), None)
