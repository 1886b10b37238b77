"""Our spans beside the SDK's: what they remember, what travels, and what is not recorded."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as sdk_encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from codex_telemetry import carrier, resume, span, trace_id
from codex_telemetry.current import carried, headers_of, span_context
from codex_telemetry.recorded import RecordedSpan
from codex_telemetry.testing import Recorder, as_dict
from codex_telemetry.tracer import TracerProvider
from codex_telemetry.wire import encode_spans

_Begin = Callable[[trace.Tracer], AbstractContextManager[Any]]

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Kept:
    """A processor that keeps what ends."""

    def __init__(self) -> None:
        self.spans: list[RecordedSpan] = []

    def on_end(self, span: Any) -> None:
        self.spans.append(span)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept) -> trace.Tracer:
    processor: Any = kept
    provider = TracerProvider(resource=Resource({"service.name": "a"}), roots=ALWAYS_ON, processor=processor)
    return provider.get_tracer("tests", "1.0")


def _as_the_sdk_has_it(span: RecordedSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[Event(event.name, event.attributes, event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def test_a_span_of_ours_leaves_as_one_of_the_sdk_would(tracer: trace.Tracer, kept: Kept) -> None:
    r = random.Random(7)
    target = SpanContext(r.getrandbits(128), r.getrandbits(64), is_remote=True)
    with tracer.start_as_current_span("POST /x", kind=SpanKind.SERVER, links=[Link(target, {"why": "replay"})]) as root:
        root.set_attributes({"text": "ü", "flag": True, "number": -7, "real": 0.5, "many": ["a", "b"]})
        root.add_event("queued", {"depth": 3}, timestamp=17)
        with tracer.start_as_current_span("child", kind=SpanKind.CLIENT) as child:
            child.set_status(StatusCode.ERROR, "broken")

    ours = ExportTraceServiceRequest.FromString(encode_spans(kept.spans))

    assert ours == sdk_encode_spans([_as_the_sdk_has_it(span) for span in kept.spans])


def test_a_span_that_has_ended_stays_as_it_is(tracer: trace.Tracer, kept: Kept) -> None:
    ended = tracer.start_span("work")
    ended.end(end_time=5)
    ended.set_attribute("late", 1)
    ended.add_event("late")
    ended.add_link(SpanContext(1, 1, is_remote=False))
    ended.update_name("late")
    ended.set_status(StatusCode.ERROR)
    ended.end()

    (span,) = kept.spans
    assert not span.is_recording()
    assert (span.name, span.end_time, span.attributes, span.events, span.links) == ("work", 5, {}, [], [])
    assert span.status.status_code is StatusCode.UNSET


def test_a_status_of_ok_is_final_and_nothing_becomes_unset_again(tracer: trace.Tracer, kept: Kept) -> None:
    with tracer.start_as_current_span("failed") as failed:
        failed.set_status(StatusCode.ERROR, "broken")
        failed.set_status(Status(StatusCode.UNSET))
    with tracer.start_as_current_span("mended") as mended:
        mended.set_status(StatusCode.ERROR)
        mended.set_status(Status(StatusCode.OK))
        mended.set_status(StatusCode.ERROR)

    assert [span.status.status_code for span in kept.spans] == [StatusCode.ERROR, StatusCode.OK]


def test_what_is_too_much_is_counted(tracer: trace.Tracer, kept: Kept) -> None:
    with tracer.start_as_current_span("loop") as loop:
        for number in range(200):
            loop.set_attribute(f"key{number}", number)
            loop.add_event("again")
        loop.set_attribute("key0", "changed")

    (span,) = kept.spans
    assert (len(span.attributes), span.dropped_attributes, span.attributes["key0"]) == (64, 136, "changed")
    assert (len(span.events), span.dropped_events) == (128, 72)


def test_of_a_long_traceback_the_end_is_kept(tracer: trace.Tracer, kept: Kept) -> None:
    def ping(levels: int) -> None:
        if not levels:
            raise LookupError("at the bottom")
        pong(levels - 1)

    def pong(levels: int) -> None:
        ping(levels)

    with pytest.raises(LookupError), tracer.start_as_current_span("work"):
        ping(100)

    (event,) = kept.spans[0].events
    assert event.attributes["exception.type"] == "LookupError"
    assert str(event.attributes["exception.stacktrace"]).endswith("LookupError: at the bottom\n")
    assert len(str(event.attributes["exception.stacktrace"])) == 1024


async def test_a_cancellation_is_no_failure(tracer: trace.Tracer, kept: Kept) -> None:
    async def work() -> None:
        with tracer.start_as_current_span("work"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (kept.spans[0].status.status_code, kept.spans[0].events) == (StatusCode.UNSET, [])


@pytest.mark.parametrize(
    "begin", [lambda tracer: tracer.start_as_current_span("x"), lambda tracer: tracer.start_span("x")]
)
def test_an_exception_marks_the_span_that_it_leaves(tracer: trace.Tracer, kept: Kept, begin: _Begin) -> None:
    with pytest.raises(KeyError), begin(tracer):
        raise KeyError("lost")

    seen = as_dict(kept.spans[0])
    assert (seen["status"], seen["status_message"]) == ("ERROR", "KeyError: 'lost'")
    assert seen["events"][0]["attributes"]["exception.message"] == "'lost'"


def test_below_a_parent_that_is_not_recorded_nothing_is_and_all_are_told(recorder: Recorder) -> None:
    told = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
    with resume(told, "again") as again, span("inner"):
        below = carrier()
        assert trace_id() == TRACE

    assert recorder.spans() == []
    assert not again.is_recording()
    assert below["traceparent"].startswith(f"00-{TRACE}-")
    assert below["traceparent"].endswith("-00")


def test_a_client_span_begins_no_trace(tracer: trace.Tracer, kept: Kept) -> None:
    with tracer.start_as_current_span("PING", kind=SpanKind.CLIENT):
        pass

    assert kept.spans == []


@pytest.mark.parametrize(
    "traceparent",
    [f"00-{TRACE}-{SPAN}-01", f" 00-{TRACE}-{SPAN}-01\t", f"01-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-what-comes"],
)
def test_a_trace_is_read_from_its_header(traceparent: str) -> None:
    found = span_context(carried({"traceparent": traceparent}))

    assert found == SpanContext(int(TRACE, 16), int(SPAN, 16), is_remote=True, trace_flags=TraceFlags(1))


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "no trace",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-0",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_a_header_that_tells_of_no_trace_is_ignored(traceparent: str) -> None:
    assert span_context(carried({"traceparent": traceparent})) is None


def test_the_state_of_a_trace_travels_with_it() -> None:
    state = TraceState([("vendor", "1"), ("other", "2")])
    sent = headers_of(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1), trace_state=state))

    arrived = span_context(carried(sent))

    assert arrived is not None
    assert arrived.trace_state == state
    assert headers_of(arrived) == sent


def test_a_state_that_is_too_long_is_left_behind() -> None:
    long = ",".join(f"key{number}={'x' * 20}" for number in range(30))

    arrived = span_context(carried({"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": long}))

    assert arrived is not None
    assert not arrived.trace_state


@pytest.fixture(autouse=True)
def _no_current_span() -> Iterator[None]:
    yield
    assert trace_id() is None
