"""How long submissions wait for a slot, by fleet and by hour."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from codex_tools.simulation import engine, measured
from codex_tools.simulation.fleet import Fleet
from codex_tools.simulation.lines import Turns
from codex_tools.simulation.load import HOUR, Stream, day
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number, percent, quantile, seconds

SHARE = 32  # outstanding submissions of a person that go to the jobs' topic
OVERHEAD = measured.SLOT_MS / 1_000
_HEAD = ["partitions", "workers x slots", "slots that work", "busy, mean", "p50", "p99", "p99.9", "longest", "over 1 s"]
_HOURS_APART = 2


def waits(stream: Stream, fleet: Fleet) -> "array[float]":
    """Seconds that each job waits in a fleet as it is built: turns by author, and the overflow topic."""
    return engine.waits(stream, fleet, partial(Turns, fleet.slots), first=SHARE, overhead=OVERHEAD)


def fleets(options: Options) -> Table:
    """The whole day in fleets of several shapes."""
    stream = day(options.load, options.seed)
    return Table(head=_HEAD, rows=[_fleet_row(fleet, stream) for fleet in _shapes(options.workers)])


def hours(options: Options) -> Table:
    """Waits over the day, where partitions are few and where there is one for each worker."""
    stream = day(options.load, options.seed)
    shown = [Fleet(partitions=partitions, workers=options.workers, slots=1) for partitions in (12, 48, options.workers)]
    waited = [waits(stream, fleet) for fleet in shown]
    head = ["hours", "submissions", "a second"]
    head += [f"{fleet.partitions} partitions: p50, p99" for fleet in shown]
    return Table(head=head, rows=list(_hour_rows(stream, waited)))


def _shapes(workers: int) -> Iterator[Fleet]:
    for partitions in (12, 48, workers, workers + workers // 5):
        yield Fleet(partitions=partitions, workers=workers, slots=1)
    for partitions, few, slots in ((12, 12, 4), (12, 12, 8), (48, 48, 2)):
        yield Fleet(partitions=partitions, workers=few, slots=slots)


def _fleet_row(fleet: Fleet, stream: Stream) -> Sequence[str]:
    waited = sorted(waits(stream, fleet))
    late = sum(1 for wait in waited if wait > 1)
    return [
        number(fleet.partitions),
        f"{fleet.workers:,} x {fleet.slots}",
        number(fleet.useful_slots),
        percent(sum(stream.seconds) / (24 * HOUR) / fleet.useful_slots),
        *(seconds(quantile(waited, share)) for share in (0.5, 0.99, 0.999)),
        seconds(waited[-1]),
        percent(late / len(waited)),
    ]


def _hour_rows(stream: Stream, waited: Sequence["array[float]"]) -> Iterator[Sequence[str]]:
    blocks = Counter(int(at // (_HOURS_APART * HOUR)) for at in stream.at)
    begin = 0
    for block in sorted(blocks):
        end = begin + blocks[block]
        parts = [sorted(each[begin:end]) for each in waited]
        yield [
            f"{block * _HOURS_APART:02}-{(block + 1) * _HOURS_APART:02}",
            number(end - begin),
            number((end - begin) / (_HOURS_APART * HOUR)),
            *(f"{seconds(quantile(part, 0.5))}, {seconds(quantile(part, 0.99))}" for part in parts),
        ]
        begin = end
