"""Asks a Prometheus every question that dashboards and alerts ask.

``python -m tests.observability.panels http://127.0.0.1:9090`` names those that get no answer.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import yaml

from tests.observability.running import SHIPPED

_INTERVAL: Final = "1m"  # Grafana takes at least four scrape intervals
_THRESHOLD: Final = re.compile(r" (>|<|==) (?=[\d.])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One expression, and where it is asked: ``codex-judge / Used`` or ``alert / JudgeFull``."""

    place: str
    expr: str


def questions() -> Iterator[Question]:
    """Every graph's and every alert's; of an alert what it compares: a healthy platform is below its threshold."""
    for file in sorted((SHIPPED / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield Question(
                    place=f"{file.stem} / {panel['title']}",
                    expr=target["expr"].replace("$__rate_interval", _INTERVAL),
                )
    for alert in alerts():
        yield Question(place=f"alert / {alert['alert']}", expr=_THRESHOLD.sub(r" \1 bool ", alert["expr"]))


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((SHIPPED / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def unanswered(prometheus: str) -> list[Question]:
    """The questions to which Prometheus, at this URL, has no number as an answer.

    Raises:
        httpx.HTTPError: it does not answer, or does not understand the question.
    """
    with httpx.Client(base_url=prometheus, timeout=10) as client:
        return [question for question in questions() if not _has_answer(client, question)]


def _has_answer(client: httpx.Client, question: Question) -> bool:
    answer = client.get("/api/v1/query", params={"query": question.expr})
    answer.raise_for_status()
    return any(not math.isnan(float(series["value"][1])) for series in answer.json()["data"]["result"])


def main() -> int:
    """1 when a question has no answer."""
    silent = unanswered(sys.argv[1])
    for question in silent:
        print(f"{question.place}\n    {question.expr}")  # noqa: T201 - for whoever runs it
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
