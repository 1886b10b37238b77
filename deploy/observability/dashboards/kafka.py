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
                Graph(
                    title="Wait of a new job",
                    description="By what is before it and how fast that goes. Beyond five minutes jobs are refused.",
                    expr=f"max by ({_TOPIC}) (codex_queue_wait_seconds)",
                    unit="s",
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
                    description="Each waits in Redis for another attempt, until it becomes a dead letter.",
                    expr=rate(
                        f"{_PROCESS}_count",
                        'error_type!="", error_type!="Unprocessable"',
                        by=f"{_TOPIC}, error_type",
                    ),
                    unit="ops",
                    legend="{{messaging_destination_name}} · {{error_type}}",
                ),
                Graph(
                    title="Records that nobody can handle",
                    description="Records that nobody can read, or about nothing that exists. No repetition helps them.",
                    expr=rate(f"{_PROCESS}_count", 'error_type="Unprocessable"', by=_TOPIC),
                    unit="ops",
                    legend="{{messaging_destination_name}}",
                ),
                Graph(
                    title="Waiting for another attempt",
                    description="Records in the delay queue in Redis.",
                    expr=f"max by ({_TOPIC}) (codex_retry_queue_depth)",
                    unit="short",
                    legend="{{messaging_destination_name}}",
                ),
                Graph(
                    title="Dead letters",
                    description="Records that were given up; `codex dlq list` shows them.",
                    expr=rate("codex_dead_letters_total", by=_TOPIC),
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
