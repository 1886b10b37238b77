"""A test kit: a service's real telemetry, with its spans and measurements kept in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypedDict

from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from codex_telemetry.measured import with_histograms
from codex_telemetry.sdk import Pipeline, describe, pipeline
from codex_telemetry.telemetry import KafkaLinks, Telemetry
from codex_telemetry.traced import trace_service
from codex_telemetry.wire import FinishedSpan


class SpanDict(TypedDict):
    """A finished span as plain data: ids in hexadecimal, times in nanoseconds since 1970."""

    name: str
    kind: str
    scope: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    start: int
    end: int
    status: str
    status_message: str | None
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, str]]


class Node(TypedDict):
    """A span and what it caused, in the order of their beginning."""

    name: str
    kind: str
    children: list["Node"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where a process keeps what it would otherwise send."""

    pipeline: Pipeline
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """A service's telemetry, and what it has produced. All recorders of a process see the same spans."""

    telemetry: Telemetry
    memory: Memory

    def spans(self) -> list[SpanDict]:
        """The finished spans, in the order of their beginning."""
        return sorted(map(as_dict, self.memory.exporter.get_finished_spans()), key=lambda span: span["start"])

    def clear(self) -> None:
        self.memory.exporter.clear()

    async def finished(self, count: int, *, within: float = 5.0) -> list[SpanDict]:
        """The spans once there are ``count`` of them.

        Raises:
            TimeoutError: that took longer than ``within`` seconds.
        """
        async with asyncio.timeout(within):
            while len(self.spans()) < count:  # noqa: ASYNC110 - an exporter has no event to wait for
                await asyncio.sleep(0.005)
        return self.spans()

    def points(self) -> dict[str, list[Any]]:
        """The data points of every metric, as the SDK's objects. Reading them takes their exemplars away."""
        data = self.memory.reader.get_metrics_data() or MetricsData([])
        return {
            metric.name: list(metric.data.data_points)
            for resource in with_histograms(data).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def record(service: str, *, kafka_links: KafkaLinks = "parent_and_link") -> Recorder:
    """Trace ``service`` in this process. Libraries that it patches stay patched."""
    memory = _memory()
    return Recorder(telemetry=trace_service(service, memory.pipeline, kafka_links), memory=memory)


def as_dict(span: FinishedSpan) -> SpanDict:
    return SpanDict(
        name=span.name,
        kind=span.kind.name,
        scope=span.instrumentation_scope.name if span.instrumentation_scope else "",
        parent_span_id=_ids(span.parent)["span_id"] if span.parent else None,
        start=span.start_time or 0,
        end=span.end_time or 0,
        status=span.status.status_code.name,
        status_message=span.status.description,
        attributes=dict(span.attributes or {}),
        events=[{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
        links=[_ids(link.context) for link in span.links],
        trace_id=_ids(span.context)["trace_id"],
        span_id=_ids(span.context)["span_id"],
    )


def tree(spans: Iterable[SpanDict]) -> list[Node]:
    """The roots among ``spans``, with everything below them; an orphan is a root as well."""
    ordered = sorted(spans, key=lambda span: span["start"])
    known = {span["span_id"] for span in ordered}
    below: defaultdict[str | None, list[SpanDict]] = defaultdict(list)
    for span in ordered:
        parent = span["parent_span_id"]
        below[parent if parent in known else None].append(span)

    def grow(span: SpanDict) -> Node:
        children = [grow(child) for child in below[span["span_id"]]]
        return Node(name=span["name"], kind=span["kind"], children=children)

    return [grow(span) for span in below[None]]


def outline(spans: Iterable[SpanDict]) -> str:
    """The tree as indented lines: ``name KIND``."""

    def lines(nodes: list[Node], depth: int) -> Iterable[str]:
        for node in nodes:
            yield f"{'  ' * depth}{node['name']} {node['kind']}"
            yield from lines(node["children"], depth + 1)

    return "\n".join(lines(tree(spans), 0))


@cache
def _memory() -> Memory:
    # OpenTelemetry takes one provider of each sort in a process, so all recorders share these.
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    resource = describe("test-service", version="0", environment="test")
    return Memory(pipeline=pipeline(resource, SimpleSpanProcessor(exporter), reader), exporter=exporter, reader=reader)


def _ids(context: SpanContext | None) -> dict[str, str]:
    if context is None:
        return {"trace_id": "", "span_id": ""}
    return {"trace_id": format(context.trace_id, "032x"), "span_id": format(context.span_id, "016x")}
