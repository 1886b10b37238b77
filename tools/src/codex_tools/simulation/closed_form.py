"""What queueing theory knows exactly: the yardstick of the simulation, and how many slots are enough."""

from math import ceil, exp, log

from codex_tools.simulation.load import KINDS


def mean_judging() -> float:
    """Seconds that a program keeps a slot, on average."""
    return sum(kind.share * (kind.longest - kind.shortest) / _width(kind.longest, kind.shortest) for kind in KINDS)


def judging_variation() -> float:
    """The squared coefficient of variation of that time; 1 would be an exponential distribution."""
    squares = sum(
        kind.share * (kind.longest**2 - kind.shortest**2) / (2 * _width(kind.longest, kind.shortest)) for kind in KINDS
    )
    return squares / mean_judging() ** 2 - 1


def erlang_c(slots: int, busy: float) -> float:
    """The share of jobs that wait, of M/M/c; ``busy`` is arrivals a second times mean seconds, below ``slots``."""
    blocked = 1.0
    for number in range(1, slots + 1):
        blocked = busy * blocked / (number + busy * blocked)
    return blocked / (1 - busy / slots * (1 - blocked))


def mean_wait(slots: int, rate: float, seconds: float) -> float:
    """Mean seconds of waiting, of M/M/c."""
    busy = rate * seconds
    return erlang_c(slots, busy) * seconds / (slots - busy)


def share_above(wait: float, slots: int, rate: float, seconds: float) -> float:
    """The share of jobs that wait longer than ``wait`` seconds, of M/M/c."""
    busy = rate * seconds
    return erlang_c(slots, busy) * exp(-(slots - busy) * wait / seconds)


def slots_for(rate: float, *, longest: float = 1.0, share: float = 0.01) -> int:
    """Slots in one line so that at most ``share`` of the jobs wait more than ``longest`` seconds.

    Programs vary more than M/M/c knows; its delay is stretched by Allen and Cunneen's factor.
    """
    seconds = mean_judging()
    stretch = (1 + judging_variation()) / 2
    slots = ceil(rate * seconds) + 1
    while share_above(longest / stretch, slots, rate, seconds) > share:
        slots += 1
    return slots


def _width(longest: float, shortest: float) -> float:
    return log(longest / shortest)
