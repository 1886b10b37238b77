"""A submission's trace, as its owner may see it."""

from typing import Any, Literal

from codex_gateway.models.base import Answer, example

SpanKind = Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
SpanStatus = Literal["unset", "ok", "error"]
Attributes = dict[str, Any]

_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class SpanEvent(Answer):
    name: str
    time: str
    attributes: Attributes


class SpanLink(Answer):
    trace_id: str
    span_id: str


class Span(Answer):
    """``start`` by RFC 3339 with microseconds, ``duration`` in seconds; the root has no parent."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: SpanKind
    service: str
    start: str
    duration: float
    status: SpanStatus
    attributes: Attributes
    events: list[SpanEvent]
    links: list[SpanLink]


class Trace(Answer):
    """Spans by their start. ``complete``: one root, no orphan, and the end of the flow has arrived.

    ``sampled`` is false, and there are no spans, where the trace wasn't kept. Without tracing ``trace_id`` is null.
    """

    model_config = example(
        {
            "trace_id": _TRACE_ID,
            "complete": True,
            "sampled": True,
            "spans": [
                {
                    "span_id": "00f067aa0ba902b7",
                    "parent_span_id": None,
                    "name": "POST /api/v1/user/submit",
                    "kind": "server",
                    "service": "gateway-service",
                    "start": "2026-01-01T12:00:00.000000Z",
                    "duration": 0.017,
                    "status": "unset",
                    "attributes": {"http.request.method": "POST", "http.response.status_code": 200},
                    "events": [],
                    "links": [],
                }
            ],
        }
    )

    trace_id: str | None
    complete: bool
    sampled: bool
    spans: list[Span]
