"""Our histograms as the SDK's metrics, and the exporter that takes them along."""

import time
from dataclasses import replace
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    ScopeMetrics,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from codex_telemetry.histogram import Histogram, Reading

_SCOPE = InstrumentationScope("codex_telemetry")


class MetricExporter(OTLPMetricExporter):
    """OTLP over gRPC, for what the SDK has collected and what our histograms hold."""

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **options: Any) -> MetricExportResult:
        return super().export(with_histograms(metrics_data), timeout_millis, **options)


def with_histograms(collected: MetricsData) -> MetricsData:
    """The same, with our histograms in a scope of their own."""
    metrics = histograms()
    if not metrics or not collected.resource_metrics:
        return collected
    first, *others = collected.resource_metrics
    ours = ScopeMetrics(scope=_SCOPE, metrics=metrics, schema_url="")
    return MetricsData([replace(first, scope_metrics=[*first.scope_metrics, ours]), *others])


def histograms() -> list[Metric]:
    """Every histogram that has a value. Reading them takes their exemplars away."""
    now = time.time_ns()
    return [_metric(each, points) for each in Histogram.all if (points := [_point(r, now) for r in each.read()])]


def _metric(histogram: Histogram, points: list[HistogramDataPoint]) -> Metric:
    data = HistogramData(points, AggregationTemporality.CUMULATIVE)
    return Metric(name=histogram.name, description=histogram.description, unit="s", data=data)


def _point(reading: Reading, now: int) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=dict(reading.attributes),
        start_time_unix_nano=Histogram.since,
        time_unix_nano=now,
        count=sum(reading.counts),
        sum=reading.sum,
        bucket_counts=reading.counts,
        explicit_bounds=reading.bounds,
        min=reading.smallest,
        max=reading.largest,
        exemplars=[Exemplar({}, value, at, span.span_id, span.trace_id) for value, at, span in reading.exemplars],
    )
