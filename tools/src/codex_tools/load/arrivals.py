"""Who comes when, and what for: the same for the same seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from codex_tools.load.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """``due`` on the ledger's clock, ``person`` a place in the row of people, ``draw`` in [0, 1)."""

    due: float
    operation: Operation
    person: int
    draw: float


class Chance:
    """Draws arrivals from a mix and so many people."""

    def __init__(self, operations: Sequence[Operation], people: int, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  (repeatable, not secret)
        self._operations = operations
        self._weights = list(accumulate(operation.weight for operation in operations))
        self._people = people

    def arrival(self, due: float) -> Arrival:
        (operation,) = self._random.choices(self._operations, cum_weights=self._weights)
        person, draw = self._random.randrange(self._people), self._random.random()
        return Arrival(due=due, operation=operation, person=person, draw=draw)

    def poisson(self, rate: float, begin: float, end: float) -> Iterator[Arrival]:
        """Arrivals that know nothing of each other, ``rate`` a second on average."""
        due = begin + self._random.expovariate(rate)
        while due < end:
            yield self.arrival(due)
            due += self._random.expovariate(rate)
