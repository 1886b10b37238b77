"""Kafka from its users' side: how far behind, how long, how often again."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, quantile, rate

_PROCESS: Final = "messaging_process_duration_seconds"
_SEND: Final = "messaging_client_operation_duration_seconds"
_TOPIC: Final = "messaging_destination_name"

PAGE: Final = Page(
    uid="codex-kafka",
    title="Codex · Kafka and retries",
    description="Lag, throughput and repeated attempts of both topics.",
    rows=[
        Row(
            title="Flow",
            graphs=[
                Graph(
                    title="Lag",
                    description="Records that a group has not finished, all partitions together.",
                    expr=f"sum by (messaging_consumer_group_name, {_TOPIC}) (codex_kafka_consumer_lag)",
                    unit="short",
                    legend="{{messaging_consumer_group_name}} · {{messaging_destination_name}}",
                ),
                Graph(
                    title="Records sent",
                    description="Records that the broker was asked to take, by topic.",
                    expr=rate(f"{_SEND}_count", by=_TOPIC),
                    unit="ops",
                    legend="{{messaging_destination_name}}",
                ),
                Graph(
                    title="Records handled",
                    description="Attempts to handle a record, by topic; more than were sent means repetitions.",
                    expr=rate(f"{_PROCESS}_count", by=_TOPIC),
                    unit="ops",
                    legend="{{messaging_destination_name}}",
                ),
            ],
        ),
        Row(
            title="Durations",
            graphs=[
                Graph(
                    title="Acknowledgement, p95",
                    description="How long the broker took to acknowledge a record.",
                    expr=quantile(0.95, _SEND, by=_TOPIC),
                    unit="s",
                    legend="{{messaging_destination_name}}",
                ),
                Graph(
                    title="Handling, p95",
                    description="How long the handling of a record took; a job's includes its judging.",
                    expr=quantile(0.95, _PROCESS, by=_TOPIC),
                    unit="s",
                    legend="{{messaging_destination_name}}",
                ),
            ],
        ),
        Row(
            title="Again and never",
            graphs=[
                Graph(
                    title="Attempts that failed",
                    description="Each is tried again after a pause; nothing behind it in its partition is committed.",
                    expr=rate(
                        f"{_PROCESS}_count",
                        'error_type!="", error_type!="Unprocessable"',
                        by=f"{_TOPIC}, error_type",
                    ),
                    unit="ops",
                    legend="{{messaging_destination_name}} · {{error_type}}",
                ),
                Graph(
                    title="Records passed over",
                    description="Records that nobody can read, or about nothing that exists. No repetition helps them.",
                    expr=rate(f"{_PROCESS}_count", 'error_type="Unprocessable"', by=_TOPIC),
                    unit="ops",
                    legend="{{messaging_destination_name}}",
                ),
                Graph(
                    title="Records not acknowledged",
                    description="Sends that the broker refused or did not answer.",
                    expr=rate(f"{_SEND}_count", 'error_type!=""', by=f"{_TOPIC}, error_type"),
                    unit="ops",
                    legend="{{messaging_destination_name}} · {{error_type}}",
                ),
            ],
        ),
    ],
)
