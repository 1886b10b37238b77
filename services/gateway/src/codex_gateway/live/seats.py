"""How many may watch at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from codex_gateway.errors import TooManyRequests
from codex_service.errors import Overloaded

_PAUSE = 5.0  # seconds after which it may be worth to come again


class Seats:
    """So many for everybody together and so many for each user, in this process."""

    def __init__(self, *, total: int, per_user: int) -> None:
        self._total = total
        self._per_user = per_user
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken_by(self, user: str) -> Iterator[None]:
        """Raises TooManyRequests when the user has all of theirs, Overloaded when all are taken."""
        if self._taken[user] >= self._per_user:
            raise TooManyRequests(_PAUSE)
        if self._taken.total() >= self._total:
            raise Overloaded("too many streams of events are open")
        self._taken[user] += 1
        try:
            yield
        finally:
            self._taken[user] -= 1
            self._taken += Counter()  # forgets users without a seat
