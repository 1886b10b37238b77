"""Latencies by the thousand in a few hundred counters: buckets that grow geometrically, so the error is relative."""

import math
from collections import Counter
from collections.abc import Iterator

GROWTH = 1.02
ERROR = math.sqrt(GROWTH) - 1  # a bucket stands for its geometric middle: at most 1 % off
_LEAST = 1e-6
_STEP = math.log(GROWTH)


class Histogram:
    """Seconds, counted. Two of them can be added. The greatest value is kept as it was."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.sum = 0.0
        self.max = 0.0

    def add(self, seconds: float) -> None:
        """Count one value; below a microsecond is a microsecond."""
        self._buckets[int(math.log(max(seconds, _LEAST) / _LEAST) / _STEP)] += 1
        self.count += 1
        self.sum += seconds
        self.max = max(self.max, seconds)

    def merge(self, other: "Histogram") -> None:
        """Count all that the other has counted."""
        self._buckets.update(other._buckets)  # noqa: SLF001  (another one of these)
        self.count += other.count
        self.sum += other.sum
        self.max = max(self.max, other.max)

    def percentile(self, percent: float) -> float:
        """The value that so many percent do not exceed, at most ``ERROR`` off; 0 where nothing was counted."""
        rank = max(1, math.ceil(self.count * percent / 100 - 1e-9))
        if rank >= self.count:
            return self.max
        return next((value for value, below in self._cumulative() if below >= rank), 0.0)

    def curve(self) -> Iterator[tuple[float, float]]:
        """Each value that occurs, with the percentage of all that do not exceed it."""
        for value, below in self._cumulative():
            yield value, 100 * below / self.count

    def buckets(self) -> list[tuple[float, int]]:
        """Values and how often they occur, in order."""
        return [(min(_middle(index), self.max), self._buckets[index]) for index in sorted(self._buckets)]

    def _cumulative(self) -> Iterator[tuple[float, int]]:
        below = 0
        for value, count in self.buckets():
            below += count
            yield value, below


def merged(*histograms: Histogram) -> Histogram:
    """A new one with everything that these have counted."""
    total = Histogram()
    for histogram in histograms:
        total.merge(histogram)
    return total


def _middle(index: int) -> float:
    return _LEAST * math.exp((index + 0.5) * _STEP)
