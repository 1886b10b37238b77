"""How evenly keys fall on partitions, and partitions on workers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from codex_tools.simulation.load import CONTEST_BEGINS, MINUTE, Load, Stream, day
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, number

_HEAD = [
    "partitions",
    "workers with work",
    "records a partition: least, mean, most",
    "most / mean, in the day",
    "in the contest's first 10 min",
    "keyed by author instead",
    "busiest worker / mean",
]
_OPENING = 10 * MINUTE


def partitions(options: Options) -> Table:
    """Several numbers of partitions, for the fleet that was asked for."""
    stream = day(options.load, options.seed)
    workers = options.workers
    counts = [12, 48, workers, workers + workers // 5, 4 * workers]
    return Table(head=_HEAD, rows=[_row(stream, count, workers, options.load) for count in counts])


def _row(stream: Stream, count: int, workers: int, load: Load) -> Sequence[str]:
    records = Counter(key % count for key in stream.key)
    least = min(records.values()) if len(records) == count else 0
    working = min(count, workers)
    by_worker: Counter[int] = Counter()
    for partition, number_of_records in records.items():
        by_worker[partition % workers] += number_of_records
    mean = len(stream) / count
    return [
        number(count),
        number(working),
        f"{number(least)}, {number(mean)}, {number(max(records.values()))}",
        _ratio(records, count),
        _ratio(Counter(key % count for key in _opening(stream)), count),
        _ratio(_by_author(stream, count, load), count),
        _ratio(by_worker, working),
    ]


def _ratio(records: "Counter[int]", count: int) -> str:
    return f"{max(records.values()) * count / records.total():.2f}"


def _opening(stream: Stream) -> Iterable[int]:
    begin = CONTEST_BEGINS * MINUTE
    return (key for at, key in zip(stream.at, stream.key, strict=True) if begin <= at < begin + _OPENING)


def _by_author(stream: Stream, count: int, load: Load) -> "Counter[int]":
    random = Random(0)  # noqa: S311 (any fixed hash of an author will do)
    hashed = [random.getrandbits(31) for _ in range(load.people)]
    return Counter(hashed[author] % count for author in stream.author)
