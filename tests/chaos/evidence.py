"""What a run has seen, as plain values: the checker needs nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One program that somebody handed in, however often it had to be sent.

    ``ids`` are the submissions that the answers named, without repetition. With a key, none means that the platform
    never answered; without one, that nobody knows what became of it. ``refusal`` is an answer that nothing excuses.
    """

    problem: str
    verdict: str
    key: str = ""
    ids: tuple[str, ...] = ()
    trace_id: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A submission as it was read at some moment. ``verdict`` is None while it is pending, ``score`` until credited."""

    id: str
    problem: str
    verdict: str | None
    score: int | None
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One author's orders, and what the platform says in the end.

    ``verdicts`` has every final verdict that was ever read, by submission. ``board`` is the score on the world's
    leaderboard, ``solved`` the profile's count by difficulty, ``counted`` its number of submissions.
    """

    author: str
    orders: tuple[Order, ...] = ()
    verdicts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    listed: tuple[Reading, ...] = ()
    board: int = 0
    solved: Mapping[str, int] = field(default_factory=dict)
    counted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A promise that was not kept. ``rule`` is the invariant's name."""

    rule: str
    author: str
    what: str
    trace_id: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.what} ({self.author}, trace {self.trace_id or 'unknown'})"
