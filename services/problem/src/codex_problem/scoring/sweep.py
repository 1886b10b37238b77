"""Looks again and again for points that a crash cut off; one replica does."""

from datetime import timedelta

from codex_problem.scoring.service import Scoring
from codex_service.lease import Lease
from codex_telemetry import quiet


class Sweep:
    """Should two replicas ever believe that they lead, the second credit of a submission changes nothing."""

    def __init__(self, scoring: Scoring, lease: Lease, *, older_than: timedelta) -> None:
        self._scoring, self._lease, self._older_than = scoring, lease, older_than

    async def turn(self) -> None:
        """Credit what is late, if this replica leads."""
        with quiet():
            leads = await self._lease.take()
        if leads:
            await self._scoring.sweep(older_than=self._older_than)
