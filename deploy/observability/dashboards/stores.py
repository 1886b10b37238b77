"""The stores as their users see them: from the spans of their calls."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, quantile, rate, share_of

_CALLS: Final = "codex_spans_calls_total"
_SECONDS: Final = "codex_spans_duration_seconds"
_OF_STORES: Final = 'db_system_name!=""'
_FAILED: Final = f'{_OF_STORES}, status_code="STATUS_CODE_ERROR"'

PAGE: Final = Page(
    uid="codex-stores",
    title="Codex · Stores",
    description="PostgreSQL, MongoDB and Redis, as the services that use them see them.",
    rows=[
        Row(
            title="By store",
            graphs=[
                Graph(
                    title="Calls",
                    description="Commands, statements and pipelines, by store.",
                    expr=rate(_CALLS, _OF_STORES, by="db_system_name"),
                    unit="ops",
                    legend="{{db_system_name}}",
                ),
                Graph(
                    title="Errors",
                    description="The share of calls that failed.",
                    expr=share_of(
                        rate(_CALLS, _FAILED, by="db_system_name"),
                        rate(_CALLS, _OF_STORES, by="db_system_name"),
                    ),
                    unit="percentunit",
                    legend="{{db_system_name}}",
                ),
                Graph(
                    title="Duration, p95",
                    description="How long 95 of 100 calls took at most, the way there and back included.",
                    expr=quantile(0.95, _SECONDS, _OF_STORES, by="db_system_name"),
                    unit="s",
                    legend="{{db_system_name}}",
                ),
            ],
        ),
        Row(
            title="By user",
            graphs=[
                Graph(
                    title="Calls by service",
                    description="Who calls which store how often.",
                    expr=rate(_CALLS, _OF_STORES, by="service_name, db_system_name"),
                    unit="ops",
                    legend="{{service_name}} · {{db_system_name}}",
                ),
                Graph(
                    title="Slowest operations, p95",
                    description="The ten slowest operations.",
                    expr=f"topk(10, {quantile(0.95, _SECONDS, _OF_STORES, by='db_system_name, span_name')})",
                    unit="s",
                    legend="{{db_system_name}} · {{span_name}}",
                ),
                Graph(
                    title="Connections to PostgreSQL",
                    description="A pool without idle connections makes its users wait.",
                    expr=(
                        "sum by (service_name, db_client_connection_pool_name, db_client_connection_state)"
                        " (db_client_connection_count)"
                    ),
                    unit="short",
                    legend="{{service_name}} · {{db_client_connection_state}}",
                    stacked=True,
                ),
            ],
        ),
    ],
)
