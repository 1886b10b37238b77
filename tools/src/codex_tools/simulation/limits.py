"""Which part gives way first when more comes in, at what rate, and what helps."""

from collections.abc import Sequence
from dataclasses import dataclass

from codex_tools.simulation import measured
from codex_tools.simulation.closed_form import mean_judging
from codex_tools.simulation.fleet import Fleet
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number

_RESULT_READERS = 12  # partitions of the results' topic
_REQUESTS, _WAIT = 2_000, 15.0  # that a gateway serves at once, seconds that each waits at most
_MONGO = 2 + 2 * measured.FIRST_ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A part as it is sized, and the submissions a second at which it is full."""

    part: str
    rate: float
    then: str


def limits(options: Options) -> Table:
    """Ascending: the first row gives way first."""
    head = ["what is full", "submissions a second", "of the day's peak", "millions a day", "what helps"]
    ordered = sorted(_limits(options), key=lambda limit: limit.rate)
    return Table(head=head, rows=[_row(limit, options) for limit in ordered])


def _limits(options: Options) -> Sequence[Limit]:
    one_core = {part: 1_000 / milliseconds for part, milliseconds in measured.CPU_MS.items()}
    workers = options.workers
    return (
        _of_slots(Fleet(partitions=12, workers=12, slots=1), "slots, or partitions and workers"),
        _of_slots(Fleet(partitions=12, workers=12, slots=8), "more partitions, then more workers"),
        _of_slots(Fleet(partitions=workers, workers=workers, slots=1), "more slots"),
        Limit(part="a gateway whose callers all wait out", rate=_REQUESTS / _WAIT, then="slots: it is they who wait"),
        Limit(part="a replica of code-manage", rate=one_core["code-manage"], then="another replica"),
        Limit(
            part=f"{_RESULT_READERS} replicas of code-manage",
            rate=_RESULT_READERS * one_core["code-manage"],
            then="more partitions of the results' topic",
        ),
        Limit(part="a replica of problem", rate=one_core["problem"], then="another replica"),
        Limit(part="a replica of gateway", rate=one_core["gateway"], then="another replica"),
        Limit(part="a replica of auth-user", rate=one_core["auth-user"], then="another replica"),
        Limit(part="a core of a Kafka broker", rate=one_core["Kafka"], then="cores, then brokers"),
        Limit(part="Redis: one process, one core", rate=one_core["Redis"], then="events in a Redis of their own"),
        Limit(
            part="MongoDB's primary (assumed)",
            rate=measured.MONGO_WRITES / _MONGO,
            then="shards, keyed by author",
        ),
    )


def _of_slots(fleet: Fleet, then: str) -> Limit:
    seconds = mean_judging() + measured.SLOT_MS / 1_000
    part = f"{fleet.partitions:,} partitions, {fleet.workers:,} workers x {fleet.slots}"
    return Limit(part=part, rate=fleet.useful_slots / seconds, then=then)


def _row(limit: Limit, options: Options) -> Sequence[str]:
    times = limit.rate / options.load.peak
    return [
        limit.part,
        number(limit.rate),
        f"{times:.1f} x",
        number(times * options.load.submissions / 1e6),
        limit.then,
    ]
