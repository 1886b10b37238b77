"""The platform at a glance: rate, errors and duration of every service."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, quantile, rate, share_of

# What a service was asked to do: calls and records. What it asks of others is in its callers' and the stores' numbers.
_ASKED: Final = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'
_FAILED: Final = f'{_ASKED}, status_code="STATUS_CODE_ERROR"'
_CALLS: Final = "codex_spans_calls_total"
_SECONDS: Final = "codex_spans_duration_seconds"
_HTTP: Final = "http_server_request_duration_seconds"

PAGE: Final = Page(
    uid="codex-overview",
    title="Codex · Overview",
    description="Rate, errors and duration of every service, counted before the sampler.",
    rows=[
        Row(
            title="Services",
            graphs=[
                Graph(
                    title="Rate",
                    description="Calls and records that each service was asked to handle.",
                    expr=rate(_CALLS, _ASKED, by="service_name"),
                    unit="reqps",
                    legend="{{service_name}}",
                ),
                Graph(
                    title="Errors",
                    description="The share of them that failed by the platform's own fault.",
                    expr=share_of(
                        rate(_CALLS, _FAILED, by="service_name"),
                        rate(_CALLS, _ASKED, by="service_name"),
                    ),
                    unit="percentunit",
                    legend="{{service_name}}",
                ),
                Graph(
                    title="Duration, p95",
                    description="How long 95 of 100 took at most. A dot is an exemplar and leads to its trace.",
                    expr=quantile(0.95, _SECONDS, _ASKED, by="service_name"),
                    unit="s",
                    legend="{{service_name}}",
                ),
            ],
        ),
        Row(
            title="The gateway",
            graphs=[
                Graph(
                    title="Requests by route",
                    description="HTTP requests by the route's template.",
                    expr=rate(f"{_HTTP}_count", by="http_request_method, http_route"),
                    unit="reqps",
                    legend="{{http_request_method}} {{http_route}}",
                ),
                Graph(
                    title="Answers by status",
                    description="HTTP answers by status code: 4xx are the caller's fault, 5xx ours.",
                    expr=rate(f"{_HTTP}_count", by="http_response_status_code"),
                    unit="reqps",
                    legend="{{http_response_status_code}}",
                ),
                Graph(
                    title="Duration by route, p95",
                    description="A submission waits for its verdict, so its route shows the judging as well.",
                    expr=quantile(0.95, _HTTP, by="http_request_method, http_route"),
                    unit="s",
                    legend="{{http_request_method}} {{http_route}}",
                ),
            ],
        ),
        Row(
            title="Between the services",
            graphs=[
                Graph(
                    title="Calls by method",
                    description="gRPC calls answered, by method.",
                    expr=rate("rpc_server_call_duration_seconds_count", by="rpc_method"),
                    unit="reqps",
                    legend="{{rpc_method}}",
                ),
                Graph(
                    title="Duration by method, p95",
                    description="How long 95 of 100 calls of a method took to answer at most.",
                    expr=quantile(0.95, "rpc_server_call_duration_seconds", by="rpc_method"),
                    unit="s",
                    legend="{{rpc_method}}",
                ),
                Graph(
                    title="Who calls whom",
                    description="Edges of the service graph, from the kept traces; Explore > Tempo draws the graph.",
                    expr=rate("traces_service_graph_request_total", by="client, server"),
                    unit="reqps",
                    legend="{{client}} → {{server}}",
                ),
            ],
        ),
    ],
)
