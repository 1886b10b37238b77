"""Telemetry about telemetry: whether what is sent arrives."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, rate

PAGE: Final = Page(
    uid="codex-collector",
    title="Codex · Collector",
    description="What the collector takes, keeps and hands on, and how the telemetry programs are.",
    rows=[
        Row(
            title="In and out",
            graphs=[
                Graph(
                    title="Spans taken",
                    description="Spans that services sent and the collector took.",
                    expr=rate("otelcol_receiver_accepted_spans", by="transport"),
                    unit="ops",
                    legend="{{transport}}",
                ),
                Graph(
                    title="Spans handed on",
                    description="Spans sent to Tempo: those taken, times the sampling percentage.",
                    expr=rate("otelcol_exporter_sent_spans", by="exporter"),
                    unit="ops",
                    legend="{{exporter}}",
                ),
                Graph(
                    title="Log records handed on",
                    description="Log records sent to Loki.",
                    expr=rate("otelcol_exporter_sent_log_records", by="exporter"),
                    unit="ops",
                    legend="{{exporter}}",
                ),
            ],
        ),
        Row(
            title="Held and lost",
            graphs=[
                Graph(
                    title="Queues",
                    description="How full the queues on disk are. They grow while Tempo or Loki does not answer.",
                    expr="max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)",
                    unit="percentunit",
                    legend="{{exporter}}",
                ),
                Graph(
                    title="Spans refused",
                    description="Memory was short; the senders try again for a while.",
                    expr=rate("otelcol_receiver_refused_spans", by="transport"),
                    unit="ops",
                    legend="{{transport}}",
                ),
                Graph(
                    title="Spans lost",
                    description="Spans that did not get into a queue, because it was full.",
                    expr="sum (rate(otelcol_exporter_enqueue_failed_spans[$__rate_interval])) or vector(0)",
                    unit="ops",
                    legend="lost",
                ),
                Graph(
                    title="Log lines lost",
                    description="Lines that the services could not send; all are on their standard output.",
                    expr=rate("codex_log_lost_total", by="service_name"),
                    unit="ops",
                    legend="{{service_name}}",
                ),
            ],
        ),
        Row(
            title="The programs",
            graphs=[
                Graph(
                    title="Answering",
                    description="1 where the program answered Prometheus.",
                    expr='up{job=~"collector|tempo|loki|prometheus|services"}',
                    unit="short",
                    legend="{{job}}",
                ),
                Graph(
                    title="Memory of the collector",
                    description="Its limit is four fifths of what the container may use.",
                    expr="max by (instance) (otelcol_process_memory_rss)",
                    unit="bytes",
                    legend="{{instance}}",
                ),
                Graph(
                    title="Series",
                    description="Series that Prometheus holds. A steady climb is an attribute without bounds.",
                    expr="prometheus_tsdb_head_series",
                    unit="short",
                    legend="series",
                ),
            ],
        ),
    ],
)
