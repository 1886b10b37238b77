"""How often a problem is solved: an aggregation over all submissions, kept for a while."""

import time

from codex_problem.submissions.repository import SubmissionRepository


class AcceptanceRates:
    """Accepted share by problem, at most ``max_age`` seconds old."""

    def __init__(self, submissions: SubmissionRepository, *, max_age: float = 30.0) -> None:
        self._submissions = submissions
        self._max_age = max_age
        self._rates: dict[str, float] = {}
        self._fresh_until = 0.0

    async def by_problem(self) -> dict[str, float]:
        """The share, 0 to 1, of every problem that has judged submissions."""
        if time.monotonic() >= self._fresh_until:
            self._fresh_until = time.monotonic() + self._max_age  # first, so that one reader pays and the rest do not
            self._rates = await self._submissions.acceptance()
        return self._rates
