"""How many cores each part keeps busy, and how many replicas that is."""

from collections.abc import Mapping, Sequence
from math import ceil

from codex_tools.simulation import measured
from codex_tools.simulation.closed_form import mean_judging, slots_for
from codex_tools.simulation.load import DAY, HOUR, MINUTE
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number

WORKERS_OWN = "code-execution"
STORES = ("Kafka", "MongoDB", "Redis")
_AT_LEAST = 2  # of every service: one may be restarted


def cores(options: Options) -> Table:
    """Every part, over the day and in the busiest minute."""
    head = ["part", "CPU ms a submission", "cores, mean", "cores, peak", "to have"]
    having = replicas(options)
    rows = [_row(part, milliseconds, having, options) for part, milliseconds in measured.CPU_MS.items()]
    return Table(head=head, rows=[*rows, _slots_row(options)])


def busy(part: str, rate: float, options: Options) -> float:
    """Cores that a part keeps busy at a rate of submissions a second."""
    logins = options.load.people * measured.LOGINS_PER_PERSON * measured.LOGIN_MS * rate / options.load.submissions
    more = {
        "auth-user": logins / 1_000,
        "Kafka": measured.IDLE_CONSUMER_MS * options.workers / 1_000,
    }
    return rate * measured.CPU_MS[part] / 1_000 + more.get(part, 0.0)


def replicas(options: Options) -> Mapping[str, int]:
    """Processes of one core of each service at peak, or cores of a store."""
    return {
        part: max(_AT_LEAST, ceil(busy(part, options.load.peak, options) / measured.UTILISATION))
        for part in measured.CPU_MS
        if part != WORKERS_OWN
    }


def slot_hours(options: Options) -> float:
    """Slots times hours of a day, were there every hour as many as its busiest minute needs."""
    by_minute = options.load.by_minute
    hours = (by_minute[begin : begin + 60] for begin in range(0, len(by_minute), 60))
    return sum(slots_for(max(hour) / MINUTE) for hour in hours)


def _row(part: str, milliseconds: float, having: Mapping[str, int], options: Options) -> Sequence[str]:
    mean, peak = (busy(part, rate, options) for rate in (options.load.mean, options.load.peak))
    unit = "cores" if part in STORES else "replicas"
    to_have = f"{having[part]} {unit}" if part in having else "with the slots"
    return [part, number(milliseconds), f"{mean:.2f}", f"{peak:.2f}", to_have]


def _slots_row(options: Options) -> Sequence[str]:
    seconds = mean_judging() + measured.SLOT_MS / 1_000
    mean = options.load.submissions / DAY * seconds
    slots = f"{slots_for(options.load.peak)} slots; by the hour {slot_hours(options) * HOUR / DAY:.0f} on average"
    return [
        "slots, with the programs",
        number(1_000 * seconds),
        f"{mean:.2f}",
        f"{options.load.peak * seconds:.2f}",
        slots,
    ]
