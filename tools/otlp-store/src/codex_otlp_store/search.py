"""Finding traces by what their spans say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from codex_otlp_store.query import Query
from codex_otlp_store.store import Batch, TraceStore

_NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for: at most ``limit`` traces that overlap ``start``..``end`` (seconds since 1970)."""

    query: Query
    limit: int
    start: int | None = None
    end: int | None = None

    def run(self, store: TraceStore) -> list[dict[str, Any]]:
        """Summaries as Tempo gives them, the newest first.

        Not for the event loop: the whole store is read when little is found.
        """
        found: dict[bytes, dict[str, Any]] = {}
        for batch in store.newest_first():
            for trace_id in self._candidates(batch):
                if trace_id not in found and (spans := store.find(trace_id)) and self._is_in_time(spans):
                    found[trace_id] = _summary(trace_id, spans)
                if len(found) == self.limit:
                    return list(found.values())
        return list(found.values())

    def _candidates(self, batch: Batch) -> Iterator[bytes]:
        for span, resource in _with_resource(batch.decode().resource_spans):
            if self.query.matches(span, resource):
                yield span.trace_id

    def _is_in_time(self, spans: list[ResourceSpans]) -> bool:
        first, last = _extent(spans)
        begins_in_time = self.end is None or first <= self.end * _NANOS
        return begins_in_time and (self.start is None or last >= self.start * _NANOS)


def _summary(trace_id: bytes, resource_spans: list[ResourceSpans]) -> dict[str, Any]:
    first, last = _extent(resource_spans)
    root, resource = _root(resource_spans)
    return {
        "traceID": trace_id.hex(),
        "rootServiceName": _attribute(resource.attributes, "service.name"),
        "rootTraceName": root.name,
        "startTimeUnixNano": str(first),
        "durationMs": (last - first) // 1_000_000,
    }


def _root(resource_spans: list[ResourceSpans]) -> tuple[Span, Resource]:
    """The span without a parent, else the earliest one."""
    return min(
        _with_resource(resource_spans), key=lambda pair: (pair[0].parent_span_id != b"", pair[0].start_time_unix_nano)
    )


def _extent(resource_spans: list[ResourceSpans]) -> tuple[int, int]:
    spans = [span for span, _ in _with_resource(resource_spans)]
    return min(span.start_time_unix_nano for span in spans), max(span.end_time_unix_nano for span in spans)


def _with_resource(resource_spans: Iterable[ResourceSpans]) -> Iterator[tuple[Span, Resource]]:
    for item in resource_spans:
        for scope_spans in item.scope_spans:
            for span in scope_spans.spans:
                yield span, item.resource


def _attribute(attributes: Iterable[KeyValue], key: str) -> str:
    return next((item.value.string_value for item in attributes if item.key == key), "")
