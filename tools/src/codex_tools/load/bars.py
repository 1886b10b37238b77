"""What a run must reach: ``p99=300ms``, ``submit:p50=20ms``, ``rate=70``, ``faults=0``."""

import re
from dataclasses import dataclass

from codex_tools.load.ledger import Ending, Ledger, Tally

_FORM = re.compile(r"(?:(?P<name>[a-z.]+):)?(?P<measure>[a-z-]+|p[0-9]+(?:\.[0-9]+)?)=(?P<value>[0-9.]+)(?P<unit>m?s)?")
_COUNTS = {"faults", "wrong", "refused", "not-sent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """``name`` is an operation or a group, empty for everything. ``value`` in seconds, a second, or a count."""

    text: str
    name: str
    measure: str
    value: float

    @classmethod
    def of(cls, text: str) -> "Bar":
        """Raises ValueError: not of this form."""
        form = _FORM.fullmatch(text)
        if not form:
            raise ValueError(text)
        measure, unit = form["measure"], form["unit"]
        if _is_time(measure) != bool(unit) or not (unit or measure in {"rate", *_COUNTS}):
            raise ValueError(text)
        value = float(form["value"]) / (1000 if unit == "ms" else 1)
        return cls(text=text, name=form["name"] or "", measure=measure, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A bar and what was measured; where nothing was measured, none is met."""

    bar: str
    actual: str
    met: bool


def judge(bar: Bar, ledger: Ledger) -> Finding:
    """Hold a bar against a run."""
    tally = _meant(bar.name, ledger)
    if _is_time(bar.measure):
        seconds = _time(bar.measure, tally)
        return _finding(bar, f"{seconds * 1e3:.1f} ms", tally.latencies.count > 0 and seconds <= bar.value)
    if bar.measure == "rate":
        rate = tally.completed / ledger.seconds
        return _finding(bar, f"{rate:.1f}/s", rate >= bar.value)
    count = _count(bar.measure, tally)
    return _finding(bar, str(count), tally.arrivals > 0 and count <= bar.value)


def _finding(bar: Bar, actual: str, met: bool) -> Finding:  # noqa: FBT001  (all three are said by their names)
    return Finding(bar=bar.text, actual=actual, met=met)


def _meant(name: str, ledger: Ledger) -> Tally:
    total = Tally()
    for operation, tally in ledger.operations.items():
        if not name or operation == name or operation.startswith(f"{name}."):
            total.add(tally)
    return total


def _is_time(measure: str) -> bool:
    return measure == "max" or bool(re.fullmatch(r"p[0-9.]+", measure))


def _time(measure: str, tally: Tally) -> float:
    return tally.latencies.max if measure == "max" else tally.latencies.percentile(float(measure[1:]))


def _count(measure: str, tally: Tally) -> int:
    endings = {"wrong": Ending.WRONG, "refused": Ending.REFUSED, "not-sent": Ending.NOT_SENT}
    return tally.faults if measure == "faults" else tally.endings[endings[measure]]
