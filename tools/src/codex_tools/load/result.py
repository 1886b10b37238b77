"""A run that is over: its account, and the facts without which the account says little."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codex_tools.load.bars import Finding
from codex_tools.load.histogram import Histogram
from codex_tools.load.ledger import Ending, Ledger, Second, Tally
from codex_tools.load.options import Options

PERCENTILES = (50.0, 90.0, 99.0, 99.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How it was measured. ``cpu``: seconds of this program's own, for ``requests`` requests."""

    options: Options
    started: str
    gateway: str
    people: int
    mix: Mapping[str, float]
    languages: Sequence[str]
    cpu: float
    requests: int
    retries: int

    @property
    def cpu_each(self) -> float:
        """Seconds of this program's CPU for one request."""
        return self.cpu / max(1, self.requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    facts: Facts
    ledger: Ledger
    findings: Sequence[Finding]

    @property
    def met(self) -> bool:
        """Whether every bar was met."""
        return all(finding.met for finding in self.findings)

    def rows(self) -> list[tuple[str, Tally]]:
        """Operations by name, and all of them together."""
        return [*sorted(self.ledger.operations.items()), ("all", self.ledger.total)]


def document(result: Result) -> dict[str, Any]:
    """All that was counted, as JSON; times in seconds."""
    ledger = result.ledger
    return {
        **_facts(result.facts),
        "own_lag": _latency(ledger.lags),
        "bars": [asdict(finding) for finding in result.findings],
        "operations": {name: _tally(tally, ledger.seconds) for name, tally in result.rows()},
        "timeline": [_second(number, ledger.timeline[number]) for number in sorted(ledger.timeline)],
        "reasons": dict(ledger.reasons.most_common()),
    }


def _facts(facts: Facts) -> dict[str, Any]:
    wished = ("loop", "seconds", "warm_up", "seed", "distinct", "retry", "patience")
    found = ("started", "gateway", "people", "mix", "languages", "cpu", "requests", "retries", "cpu_each")
    return {
        **{name: getattr(facts.options, name) for name in wished},
        **{name: getattr(facts, name) for name in found},
    }


def _tally(tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "arrivals": tally.arrivals,
        **_endings(tally),
        "rate": tally.completed / seconds,
        "latency": _latency(tally.latencies),
        "histogram": tally.latencies.buckets(),
    }


def _second(number: int, second: Second) -> dict[str, Any]:
    return {"second": number, "due": second.due, **_endings(second), "latency": _latency(second.latencies)}


def _endings(page: Tally | Second) -> dict[str, int]:
    return {ending.value.replace(" ", "_"): page.endings[ending] for ending in Ending}


def _latency(latencies: Histogram) -> dict[str, float]:
    mean = latencies.sum / max(1, latencies.count)
    percentiles = {f"p{percent:g}": latencies.percentile(percent) for percent in PERCENTILES}
    return {"mean": mean, **percentiles, "max": latencies.max}
