"""The account of a run: what became of every arrival, and how long it took."""

import math
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

from codex_tools.load.histogram import Histogram


class Ending(StrEnum):
    """What became of an arrival; every one has exactly one of these."""

    DONE = "done"
    WRONG = "wrong"
    REFUSED = "refused"
    FAULT = "fault"
    TIMEOUT = "timeout"
    NOT_SENT = "not sent"


_MOST_REASONS = 100
_WAITED = (Ending.DONE, Ending.WRONG, Ending.TIMEOUT)


@dataclass(slots=True)
class Tally:
    """One operation's arrivals within the window. ``completed``: done within it, whenever they were due."""

    endings: Counter[Ending] = field(default_factory=Counter)
    latencies: Histogram = field(default_factory=Histogram)
    completed: int = 0

    @property
    def arrivals(self) -> int:
        return self.endings.total()

    @property
    def faults(self) -> int:
        return self.endings[Ending.FAULT] + self.endings[Ending.TIMEOUT]

    def add(self, other: "Tally") -> None:
        self.endings.update(other.endings)
        self.latencies.merge(other.latencies)
        self.completed += other.completed


@dataclass(slots=True)
class Second:
    """One second of the clock: what was due in it, what ended in it."""

    due: int = 0
    endings: Counter[Ending] = field(default_factory=Counter)
    latencies: Histogram = field(default_factory=Histogram)

    @property
    def faults(self) -> int:
        return self.endings[Ending.FAULT] + self.endings[Ending.TIMEOUT]


class Ledger:
    """Counts. Its clock is 0 where the window of ``seconds`` begins, so that the warm-up is below 0."""

    def __init__(self, *, warm_up: float, seconds: float) -> None:
        self.seconds = seconds
        self.operations: defaultdict[str, Tally] = defaultdict(Tally)
        self.timeline: defaultdict[int, Second] = defaultdict(Second)
        self.reasons: Counter[str] = Counter()
        self.lags = Histogram()
        self.in_flight = 0
        self._zero = time.monotonic() + warm_up

    def now(self) -> float:
        return time.monotonic() - self._zero

    def arrive(self, due: float, lag: float) -> None:
        """Something was due; ``lag`` seconds later this program itself got round to it."""
        self.timeline[math.floor(due)].due += 1
        if self.counts(due):
            self.lags.add(lag)

    def end(self, name: str, due: float, ending: Ending, reason: str = "") -> None:
        """Something that was due ended just now. Its latency counts from when it was due."""
        finished = self.now()
        self._note(self.timeline[math.floor(finished)], ending, finished - due)
        if ending is Ending.DONE and self.counts(finished):
            self.operations[name].completed += 1
        if self.counts(due):
            self._note(self.operations[name], ending, finished - due)
            if reason:
                self._explain(f"{name}: {reason}")

    def counts(self, moment: float) -> bool:
        """Whether it is in the window: neither warm-up nor afterwards."""
        return 0 <= moment < self.seconds

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.operations.values():
            total.add(tally)
        return total

    def _explain(self, reason: str) -> None:
        known = reason in self.reasons or len(self.reasons) < _MOST_REASONS
        self.reasons[reason if known else "others"] += 1

    @staticmethod
    def _note(page: Tally | Second, ending: Ending, latency: float) -> None:
        page.endings[ending] += 1
        if ending in _WAITED:
            page.latencies.add(latency)
