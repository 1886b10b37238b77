"""What people hand in, and what comes of it."""

from typing import Final

from deploy.observability.dashboards.parts import Graph, Page, Row, quantile, rate, share_of

_SECONDS: Final = "codex_submission_duration_seconds"
_COUNT: Final = f"{_SECONDS}_count"

PAGE: Final = Page(
    uid="codex-submissions",
    title="Codex · Submissions",
    description="Submissions, runs and custom executions by language and verdict.",
    rows=[
        Row(
            title="How many",
            graphs=[
                Graph(
                    title="By verdict",
                    description="Verdicts reached: AC is accepted, SE the platform's own failure.",
                    expr=rate(_COUNT, by="codex_submission_verdict"),
                    unit="ops",
                    legend="{{codex_submission_verdict}}",
                    stacked=True,
                ),
                Graph(
                    title="By language",
                    description="Verdicts reached, by the language of the program.",
                    expr=rate(_COUNT, by="codex_submission_language"),
                    unit="ops",
                    legend="{{codex_submission_language}}",
                    stacked=True,
                ),
            ],
        ),
        Row(
            title="How long until the verdict",
            graphs=[
                Graph(
                    title="Median by language",
                    description="From acceptance to verdict. A dot is an exemplar and leads to its trace.",
                    expr=quantile(0.5, _SECONDS, by="codex_submission_language"),
                    unit="s",
                    legend="{{codex_submission_language}}",
                ),
                Graph(
                    title="p95 by language",
                    description="From acceptance to verdict, 95 of 100.",
                    expr=quantile(0.95, _SECONDS, by="codex_submission_language"),
                    unit="s",
                    legend="{{codex_submission_language}}",
                ),
                Graph(
                    title="p95 by verdict",
                    description="A program that runs into its limit takes as long as the limit is.",
                    expr=quantile(0.95, _SECONDS, by="codex_submission_verdict"),
                    unit="s",
                    legend="{{codex_submission_verdict}}",
                ),
            ],
        ),
        Row(
            title="What for",
            graphs=[
                Graph(
                    title="Accepted by language",
                    description="The share of programs that were accepted.",
                    expr=share_of(
                        rate(_COUNT, 'codex_submission_verdict="AC"', by="codex_submission_language"),
                        rate(_COUNT, by="codex_submission_language"),
                    ),
                    unit="percentunit",
                    legend="{{codex_submission_language}}",
                ),
                Graph(
                    title="Our failures",
                    description="The share of programs that got SE: the platform could not judge them.",
                    expr=share_of(
                        rate(_COUNT, 'codex_submission_verdict="SE"', by="service_name"),
                        rate(_COUNT, by="service_name"),
                    ),
                    unit="percentunit",
                    legend="SE",
                ),
            ],
        ),
    ],
)
