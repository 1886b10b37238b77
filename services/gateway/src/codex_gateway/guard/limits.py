"""How often somebody may call, and what is left of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many requests in a period (seconds), of which ``burst`` may come at once: a token bucket."""

    name: str
    count: int
    period: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds until a token comes back."""
        return self.period / self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the routes: judging, everything else, and the two that try passwords."""

    judge: Limit
    read: Limit
    sign_in: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a limit. ``reset`` in seconds until the bucket is full again."""

    limit: int
    remaining: int
    reset: float
