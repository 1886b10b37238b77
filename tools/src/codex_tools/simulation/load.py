"""What comes in: when people submit, who they are, and how long their programs take."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

HOUR = 3_600.0
DAY = 24 * HOUR
MINUTE = 60.0
MINUTES = range(24 * 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A share of all programs, judged for ``shortest`` to ``longest`` seconds, evenly on a logarithmic scale."""

    share: float
    shortest: float
    longest: float


KINDS = (
    Kind(share=0.70, shortest=0.005, longest=0.2),  # Python from the warm zygote, small tests
    Kind(share=0.20, shortest=0.2, longest=1.0),  # many or large tests
    Kind(share=0.08, shortest=0.8, longest=3.0),  # a compiler first
    Kind(share=0.02, shortest=2.0, longest=10.0),  # stopped by a limit
)

# Night to evening, relative to each other; contests come on top.
HOURS = (4, 3, 2, 2, 2, 3, 4, 6, 8, 10, 11, 11, 10, 11, 12, 12, 12, 12, 13, 14, 14, 12, 9, 6)
CONTEST_BEGINS = 20 * 60  # minute of the day
# Every five minutes: all start together, most hand in late.
CONTEST = (10, 6, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 6, 8)
_STEP = 5  # minutes


@dataclass(frozen=True, kw_only=True)
class Load:
    """A day: so many submissions expected, a share of them in one contest, by so many people."""

    submissions: int = 1_000_000
    contest_share: float = 0.15
    people: int = 60_000

    @cached_property
    def by_minute(self) -> Sequence[float]:
        """Submissions expected in each minute of the day."""
        usual = self.submissions * (1 - self.contest_share) / (60 * sum(HOURS))
        contest = self.submissions * self.contest_share / (_STEP * sum(CONTEST))
        return [usual * HOURS[minute // 60] + contest * _of_contest(minute) for minute in MINUTES]

    @property
    def mean(self) -> float:
        """Submissions a second, over the day."""
        return self.submissions / DAY

    @property
    def peak(self) -> float:
        """Submissions a second, in the busiest minute."""
        return max(self.by_minute) / MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Submissions in the order they come: seconds of the day, seconds in a slot, author, and what its key hashes to."""

    at: "array[float]"
    seconds: "array[float]"
    author: "array[int]"
    key: "array[int]"

    def __len__(self) -> int:
        return len(self.at)


def day(load: Load, seed: int) -> Stream:
    """A day's submissions; the same for the same seed."""
    random = Random(seed)  # noqa: S311 (reproducible, nothing secret)
    at = array("d", _arrivals(load.by_minute, random))
    return stream(at, array("l", (_person(load.people, random) for _ in at)), random)


def stream(at: "array[float]", author: "array[int]", random: Random) -> Stream:
    """Submissions at given times by given people, with programs and keys as they happen to be."""
    return Stream(
        at=at,
        author=author,
        seconds=array("d", (judging(random) for _ in at)),
        key=array("L", (random.getrandbits(31) for _ in at)),
    )


def judging(random: Random) -> float:
    """Seconds that some program keeps a slot."""
    (kind,) = random.choices(KINDS, [kind.share for kind in KINDS])
    return float(kind.shortest * (kind.longest / kind.shortest) ** random.random())


def _arrivals(by_minute: Sequence[float], random: Random) -> Iterator[float]:
    """A Poisson process whose rate changes from minute to minute."""
    for minute, expected in enumerate(by_minute):
        begin, end = minute * MINUTE, (minute + 1) * MINUTE
        now = begin + random.expovariate(expected / MINUTE)
        while now < end:
            yield now
            now += random.expovariate(expected / MINUTE)


def _person(people: int, random: Random) -> int:
    """A few submit all the time, most now and then: the share of the n-th busiest falls with the root of n."""
    return int(people * random.random() ** 2)


def _of_contest(minute: int) -> int:
    step = (minute - CONTEST_BEGINS) // _STEP
    return CONTEST[step] if 0 <= step < len(CONTEST) else 0
