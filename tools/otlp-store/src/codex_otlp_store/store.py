"""Traces in memory, kept as the bytes they came in."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One export request, and the ids (16 bytes) of the traces it has spans of."""

    raw: bytes
    trace_ids: frozenset[bytes]

    def decode(self) -> ExportTraceServiceRequest:
        return ExportTraceServiceRequest.FromString(self.raw)


class TraceStore:
    """The newest traces, within a number of traces and of bytes.

    What is oldest goes first, and a trace goes as a whole: it can be read completely or not at all.
    """

    def __init__(self, *, max_traces: int, max_bytes: int) -> None:
        self._max_traces = max_traces
        self._max_bytes = max_bytes
        self._batches: deque[Batch] = deque()
        self._by_trace: dict[bytes, list[Batch]] = {}
        self._size = 0

    def add(self, raw: bytes) -> None:
        """Keep a serialized ``ExportTraceServiceRequest``.

        Raises:
            google.protobuf.message.DecodeError: it isn't one.
        """
        request = ExportTraceServiceRequest.FromString(raw)
        batch = Batch(raw=raw, trace_ids=frozenset(span.trace_id for span in spans_of(request)))
        self._batches.append(batch)
        self._size += len(raw)
        for trace_id in batch.trace_ids:
            self._by_trace.setdefault(trace_id, []).append(batch)
        while self._batches and self._is_full():
            self._forget_oldest()

    def find(self, trace_id: bytes) -> list[ResourceSpans]:
        """Everything known of one trace, empty when it is unknown."""
        batches = tuple(self._by_trace.get(trace_id, ()))
        return [
            selected
            for batch in batches
            for resource_spans in batch.decode().resource_spans
            if (selected := _of_trace(resource_spans, trace_id)).scope_spans
        ]

    def newest_first(self) -> Iterator[Batch]:
        """The batches of this moment; what comes while they are read is left out."""
        return reversed(tuple(self._batches))

    def knows(self, trace_id: bytes) -> bool:
        return trace_id in self._by_trace

    def _is_full(self) -> bool:
        return len(self._by_trace) > self._max_traces or self._size > self._max_bytes

    def _forget_oldest(self) -> None:
        batch = self._batches.popleft()
        self._size -= len(batch.raw)
        for trace_id in batch.trace_ids:
            self._by_trace.pop(trace_id, None)


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            yield from scope_spans.spans


def _of_trace(source: ResourceSpans, trace_id: bytes) -> ResourceSpans:
    """A copy of ``source`` with the spans of one trace."""
    scopes = [
        ScopeSpans(scope=scope.scope, schema_url=scope.schema_url, spans=spans)
        for scope in source.scope_spans
        if (spans := [span for span in scope.spans if span.trace_id == trace_id])
    ]
    return ResourceSpans(resource=source.resource, schema_url=source.schema_url, scope_spans=scopes)
