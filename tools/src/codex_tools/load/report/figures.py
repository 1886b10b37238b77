"""The drawings of a report."""

import math
from collections.abc import Iterator, Sequence

from codex_tools.load.histogram import Histogram, merged
from codex_tools.load.ledger import Ending, Ledger, Second
from codex_tools.load.report.axis import Axis, linear, logarithmic, milliseconds, nines
from codex_tools.load.report.plot import Series, figure
from codex_tools.load.result import Result

_MOST_POINTS = 240
_MOST_NINES = 5


def figures(result: Result) -> Iterator[str]:
    """Latency over time and by percentile, throughput, and what went wrong."""
    ledger = result.ledger
    bins = _bins(ledger)
    clock = linear("seconds since the window began", ledger.seconds)
    yield _latency(bins, clock)
    yield _curves(ledger)
    yield _throughput(ledger, bins, clock)
    yield _trouble(bins, clock)


Bin = tuple[float, float, Second]


def _bins(ledger: Ledger) -> list[Bin]:
    """The window in at most so many pieces: beginning, length and contents of each."""
    whole = math.ceil(ledger.seconds)
    width = math.ceil(whole / _MOST_POINTS)
    return [
        (begin, min(begin + width, ledger.seconds) - begin, _sum(ledger, begin, width))
        for begin in range(0, whole, width)
    ]


def _sum(ledger: Ledger, begin: int, width: int) -> Second:
    total = Second()
    for page in (ledger.timeline[number] for number in range(begin, begin + width) if number in ledger.timeline):
        total.due += page.due
        total.endings.update(page.endings)
        total.latencies.merge(page.latencies)
    return total


def _latency(bins: Sequence[Bin], clock: Axis) -> str:
    lines = [
        Series(name=f"p{percent:g}", colour=colour, points=_percentiles(bins, percent))
        for colour, percent in enumerate((50.0, 90.0, 99.0))
    ]
    return figure("Latency of what ended in each second", lines, clock, _times([line.points for line in lines]))


def _percentiles(bins: Sequence[Bin], percent: float) -> list[tuple[float, float]]:
    return [
        (begin + width / 2, page.latencies.percentile(percent)) for begin, width, page in bins if page.latencies.count
    ]


def _curves(ledger: Ledger) -> str:
    groups: dict[str, Histogram] = {}
    for name, tally in sorted(ledger.operations.items()):
        groups[name.partition(".")[0]] = merged(groups.get(name.partition(".")[0], Histogram()), tally.latencies)
    lines = [
        Series(name=name, colour=colour, points=[(percent, value) for value, percent in latencies.curve()])
        for colour, (name, latencies) in enumerate(groups.items())
    ]
    most = max((latencies.count for latencies in groups.values()), default=0)
    axis = nines(
        "percentage of operations that took no longer", min(_MOST_NINES, max(2, math.ceil(math.log10(most or 1))))
    )
    return figure("Latency by percentile", lines, axis, _times([line.points for line in lines]))


def _throughput(ledger: Ledger, bins: Sequence[Bin], clock: Axis) -> str:
    done = [(begin, page.endings[Ending.DONE] / width) for begin, width, page in bins]
    due = [(begin, page.due / width) for begin, width, page in bins]
    lines = [_steps("due", 3, due, ledger), _steps("done", 0, done, ledger)]
    return figure("Operations a second", lines, clock, _upwards(lines, "a second"))


def _trouble(bins: Sequence[Bin], clock: Axis) -> str:
    kinds = (
        ("faults", 2, (Ending.FAULT, Ending.TIMEOUT)),
        ("wrong verdicts", 4, (Ending.WRONG,)),
        ("refused", 1, (Ending.REFUSED,)),
        ("not sent", 3, (Ending.NOT_SENT,)),
    )
    lines = [
        Series(name=name, colour=colour, points=[(begin, _rate(page, endings) / width) for begin, width, page in bins])
        for name, colour, endings in kinds
    ]
    return figure("What went wrong, a second", lines, clock, _upwards(lines, "a second"))


def _rate(page: Second, endings: Sequence[Ending]) -> int:
    return sum(page.endings[ending] for ending in endings)


def _steps(name: str, colour: int, points: Sequence[tuple[float, float]], ledger: Ledger) -> Series:
    end = [(ledger.seconds, points[-1][1])] if points else []
    return Series(name=name, colour=colour, points=[*points, *end], step=True)


def _times(lines: Sequence[Sequence[tuple[float, float]]]) -> Axis:
    values = [value for points in lines for _, value in points] or [0.001]
    return logarithmic("", min(values), max(values), milliseconds)


def _upwards(lines: Sequence[Series], label: str) -> Axis:
    return linear(label, max([value for line in lines for _, value in line.points], default=0.0) or 1.0)
