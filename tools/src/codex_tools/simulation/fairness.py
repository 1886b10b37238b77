"""What one person's flood does to everybody else, by the order in which a worker takes its jobs."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from codex_tools.simulation import engine
from codex_tools.simulation.fleet import Fleet
from codex_tools.simulation.lines import FirstComeFirstServed, Line, Turns
from codex_tools.simulation.load import MINUTE, Stream, stream
from codex_tools.simulation.options import Options
from codex_tools.simulation.table import Table, quantile, seconds
from codex_tools.simulation.waiting import OVERHEAD, SHARE

FLEET = Fleet(partitions=12, workers=12, slots=4)
_OTHERS = 60.0  # submissions a second of everybody else: they need 22 of the 48 slots
_SLOW = 4.0  # seconds of each program that floods: it never ends by itself
_LASTS = 30 * MINUTE
_FLOOD_BEGINS, _FLOOD_ENDS = 5 * MINUTE, 15 * MINUTE
_BURST, _EVERY = 60, 0.5  # the gateway's limit: so many at once, then one every half second
_PEOPLE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An order of work, with a name."""

    name: str
    line: Callable[[], Line]
    first: int | None


_TURNS = partial(Turns, FLEET.slots)
_SHARES = (SHARE, 8)
POLICIES = (
    Policy(name="one topic, in order", line=FirstComeFirstServed, first=None),
    Policy(name="one topic, turns", line=_TURNS, first=None),
    *(Policy(name=f"overflow above {share}, turns over both", line=_TURNS, first=share) for share in _SHARES),
    *(
        Policy(
            name=f"overflow above {share}, only when nothing else waits",
            line=partial(_TURNS, overflow_last=True),
            first=share,
        )
        for share in _SHARES
    ),
)


def fairness(options: Options) -> Table:
    """Everybody else, and those who send as much as the gateway lets them for ten minutes."""
    head = ["people who flood", "order", "others, p50", "others, p99", "those who flood, p50", "p99"]
    return Table(head=head, rows=[row for count in (0, 5, 20) for row in _rows(flooded(count, options.seed), count)])


def flooded(flooders: int, seed: int) -> Stream:
    """Half an hour; authors below ``flooders`` flood."""
    random = Random(seed)  # noqa: S311 (reproducible, nothing secret)
    coming = sorted([*_usual(flooders, random), *_floods(flooders)])
    jobs = stream(array("d", (at for at, _ in coming)), array("l", (author for _, author in coming)), random)
    slow = (_SLOW if author < flooders else usual for author, usual in zip(jobs.author, jobs.seconds, strict=True))
    return replace(jobs, seconds=array("d", slow))


def _usual(first_author: int, random: Random) -> Iterator[tuple[float, int]]:
    now = random.expovariate(_OTHERS)
    while now < _LASTS:
        yield now, first_author + random.randrange(_PEOPLE)
        now += random.expovariate(_OTHERS)


def _floods(flooders: int) -> Iterator[tuple[float, int]]:
    for author in range(flooders):
        yield from ((_FLOOD_BEGINS, author) for _ in range(_BURST))
        later = range(1, int((_FLOOD_ENDS - _FLOOD_BEGINS) / _EVERY))
        yield from ((_FLOOD_BEGINS + number * _EVERY, author) for number in later)


def _rows(coming: Stream, flooders: int) -> Iterator[Sequence[str]]:
    for policy in POLICIES if flooders else POLICIES[:1]:
        waited = engine.waits(coming, FLEET, policy.line, first=policy.first, overhead=OVERHEAD)
        others, those = by_side(waited, coming, flooders)
        yield [
            str(flooders),
            policy.name,
            *(seconds(quantile(others, share)) for share in (0.5, 0.99)),
            *(seconds(quantile(those, share)) if those else "-" for share in (0.5, 0.99)),
        ]


def by_side(waited: "array[float]", coming: Stream, flooders: int) -> tuple[list[float], list[float]]:
    """Waits of everybody else while the flood lasts, and of those who flood; ascending."""
    pairs = list(zip(waited, coming.author, coming.at, strict=True))
    others = [wait for wait, author, at in pairs if author >= flooders and _FLOOD_BEGINS <= at < _FLOOD_ENDS]
    return sorted(others), sorted(wait for wait, author, _ in pairs if author < flooders)
