"""Makes spans that are recorded as cheaply as a Python object can be (docs/adr/0024)."""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.util.types import Attributes

from codex_telemetry.current import Current, span_context
from codex_telemetry.recorded import RecordedSpan

_DROPPED = TraceFlags(TraceFlags.RANDOM_TRACE_ID)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID)


class TracerProvider(trace.TracerProvider):
    """Hands every ended span to ``processor``. About traces that begin here it asks ``roots``."""

    def __init__(self, *, resource: Resource, roots: Sampler, processor: SpanProcessor) -> None:
        self._resource, self._roots, self._processor = resource, roots, processor

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        scope = InstrumentationScope(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
        return Tracer(resource=self._resource, scope=scope, roots=self._roots, sink=self._ended)

    def shutdown(self) -> None:
        """Send what is left, and take no more. Blocks."""
        self._processor.shutdown()

    def _ended(self, span: RecordedSpan) -> None:
        # It has all that a processor or an exporter reads, which is written down nowhere but in that class.
        self._processor.on_end(cast("ReadableSpan", span))


class Tracer(trace.Tracer):
    """Follows the parent's decision whether to record. A client span without a parent is the noise of a poll."""

    def __init__(
        self, *, resource: Resource, scope: InstrumentationScope, roots: Sampler, sink: Callable[[RecordedSpan], None]
    ) -> None:
        self._resource, self._scope, self._roots, self._sink = resource, scope, roots, sink

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002, FBT001, FBT002 - the API's signature
        set_status_on_exception: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> Span:
        parent = span_context(context)
        if parent is None:
            own, attributes = self._begun(context, name, kind, attributes, links)
        else:
            own = SpanContext(parent.trace_id, _id(64), False, parent.trace_flags, parent.trace_state)
        if not own.trace_flags.sampled:
            return NonRecordingSpan(own)
        return RecordedSpan(
            name,
            context=own,
            parent=parent,
            kind=kind,
            attributes=attributes,
            links=links,
            start_time=start_time,
            resource=self._resource,
            scope=self._scope,
            sink=self._sink,
        )

    def _begun(
        self, context: Context | None, name: str, kind: SpanKind, attributes: Attributes, links: Sequence[Link] | None
    ) -> tuple[SpanContext, Attributes]:
        """The first span of a trace, and its attributes, of which the sampler may add some."""
        trace_id = _id(128)
        if kind is SpanKind.CLIENT:
            return SpanContext(trace_id, _id(64), False, _DROPPED), attributes
        result = self._roots.should_sample(context, trace_id, name, kind, attributes, links)
        flags = _SAMPLED if result.decision is Decision.RECORD_AND_SAMPLE else _DROPPED
        return SpanContext(trace_id, _id(64), False, flags, result.trace_state), result.attributes

    def start_as_current_span(  # type: ignore[override]  # ours is no decorator
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: FBT001, FBT002 - the API's signature
        set_status_on_exception: bool = True,  # noqa: FBT001, FBT002
        end_on_exit: bool = True,  # noqa: FBT001, FBT002
    ) -> AbstractContextManager[Span]:
        span = self.start_span(name, context, kind, attributes, links, start_time)
        if end_on_exit and record_exception and set_status_on_exception:
            return Current(span)
        return trace.use_span(span, end_on_exit, record_exception, set_status_on_exception)


def _id(bits: int) -> int:
    return random.getrandbits(bits) or 1
