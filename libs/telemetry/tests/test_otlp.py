"""Our encoder against the SDK's: the same message, whatever the spans hold."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as sdk_encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    set_span_in_context,
)

from codex_telemetry.wire import encode_spans

SAMPLES: list[Callable[[random.Random], Any]] = [
    lambda r: r.choice(["", "word", "ünïcödé ✓", "x" * 300]),
    lambda r: r.choice([True, False]),
    lambda r: r.choice([0, 1, -1, 127, 128, 2**31, 2**63 - 1, -(2**63)]),
    lambda r: r.choice([0.0, 1.0, -2.5, 1e300]),
    lambda r: r.choice([b"", b"\x00\xff"]),
    lambda r: r.choice([["a", "b"], [1, 2], [True, False], [1, True], [0.5], []]),
    lambda _: {"inner": {"deep": [1, "two", None]}, "flag": True},
    lambda _: None,
]


def _attributes(r: random.Random) -> dict[str, Any]:
    return {f"key.{n}": r.choice(SAMPLES)(r) for n in range(r.randrange(14))}


def _context(r: random.Random) -> SpanContext:
    state = TraceState([("vendor", "1"), ("other", "2")]) if r.random() < 0.3 else None
    return SpanContext(r.getrandbits(128) | 1, r.getrandbits(64) | 1, r.random() < 0.5, TraceFlags(1), state)


def _make_span(r: random.Random, tracer: Tracer) -> None:
    span = tracer.start_span(
        r.choice(["work", "GET /x", "näme"]),
        context=set_span_in_context(NonRecordingSpan(_context(r))) if r.random() < 0.6 else None,
        kind=r.choice(list(SpanKind)),
        attributes=_attributes(r),
        links=[Link(_context(r), _attributes(r)) for _ in range(r.randrange(3))],
    )
    for _ in range(r.randrange(7)):
        span.add_event("happened", _attributes(r))
    span.set_status(Status(r.choice([StatusCode.OK, StatusCode.UNSET])))
    if r.random() < 0.3:
        span.set_status(StatusCode.ERROR, r.choice([None, "", "broken"]))
    span.end()


def _random_spans(seed: int) -> list[ReadableSpan]:
    r = random.Random(seed)
    finished: list[ReadableSpan] = []
    resources: list[dict[str, Any]] = [{"service.name": "a"}, {"service.name": "b", "number": 7}]
    for attributes in resources:
        exporter = InMemorySpanExporter()
        provider = TracerProvider(
            resource=Resource(attributes, "https://schema" if r.random() < 0.5 else None),
            span_limits=SpanLimits(max_span_attributes=10, max_events=5, max_links=1, max_event_attributes=3),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracers = [
            provider.get_tracer("first"),
            provider.get_tracer("second", "1.0", schema_url="https://schema", attributes={"scoped": True}),
        ]
        for _ in range(50):
            _make_span(r, r.choice(tracers))
        finished += exporter.get_finished_spans()
    r.shuffle(finished)
    return finished


@pytest.mark.parametrize("seed", range(20))
def test_the_message_is_that_of_the_sdk(seed: int) -> None:
    spans = _random_spans(seed)

    ours = ExportTraceServiceRequest.FromString(encode_spans(spans))

    assert ours == sdk_encode_spans(spans)


def test_a_text_that_is_no_unicode_does_not_lose_the_batch() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("t").start_as_current_span("x", attributes={"text": "a\ud800b", "big": 2**70}):
        pass

    (resource_spans,) = ExportTraceServiceRequest.FromString(encode_spans(exporter.get_finished_spans())).resource_spans
    attributes = {item.key: item.value for item in resource_spans.scope_spans[0].spans[0].attributes}
    assert attributes["text"].string_value == "a?b"
    assert attributes["big"].string_value == str(2**70)
