"""The judge: are there enough slots, and what stops programs."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, quantile, rate

_WAIT: Final = "codex_execution_queue_duration_seconds"
_BUSY: Final = "codex_execution_duration_seconds"

PAGE: Final = Page(
    uid="codex-judge",
    title="Codex · Judge",
    description="Slots, the wait for them, and why programs were stopped.",
    rows=[
        Row(
            title="Slots",
            graphs=[
                Graph(
                    title="Slots by state",
                    description="Places where a program can be judged, as the workers said last.",
                    expr="sum by (codex_sandbox_state) (codex_sandbox_slots)",
                    unit="short",
                    legend="{{codex_sandbox_state}}",
                    stacked=True,
                ),
                Graph(
                    title="Used",
                    description="The share of all slots' time that programs took. Near 100 %, add workers.",
                    expr=f"sum (rate({_BUSY}_sum[$__rate_interval])) / sum (codex_sandbox_slots)",
                    unit="percentunit",
                    legend="used",
                ),
                Graph(
                    title="Wait for a slot, p95",
                    description="From acceptance until a slot took the program: Kafka and the queue for slots.",
                    expr=quantile(0.95, _WAIT, by="codex_execution_kind"),
                    unit="s",
                    legend="{{codex_execution_kind}}",
                ),
            ],
        ),
        Row(
            title="Programs",
            graphs=[
                Graph(
                    title="Why programs were stopped",
                    description="Programs that a limit ended, by the limit. A rise of one may be an attack.",
                    expr=rate(f"{_BUSY}_count", 'codex_sandbox_guard!="none"', by="codex_sandbox_guard"),
                    unit="ops",
                    legend="{{codex_sandbox_guard}}",
                    stacked=True,
                ),
                Graph(
                    title="Time in a slot, p95",
                    description="Compilation and all tests, by language.",
                    expr=quantile(0.95, _BUSY, by="codex_execution_language"),
                    unit="s",
                    legend="{{codex_execution_language}}",
                ),
                Graph(
                    title="Attempts that failed by our fault",
                    description="The sandbox broke; the program is tried again, three times in all.",
                    expr=(
                        'sum (rate(codex_spans_calls_total{span_name="code.execution", '
                        'status_code="STATUS_CODE_ERROR"}[$__rate_interval])) or vector(0)'
                    ),
                    unit="ops",
                    legend="failed",
                ),
            ],
        ),
    ],
)
