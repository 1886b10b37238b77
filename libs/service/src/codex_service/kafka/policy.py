"""How often and how long a record that fails is tried again."""

import random
from dataclasses import dataclass

from codex_protos.messaging.v1 import records_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long to try: pauses double from ``first`` to ``longest`` seconds, each shortened by up to a half at random.

    A record is given up after ``failures`` failures of its own, or when outages have kept it for ``patience`` seconds.
    """

    first: float = 0.5
    longest: float = 30.0
    failures: int = 5
    patience: float = 900.0

    def over(self, record: pb.FailedRecord) -> bool:
        """Whether the record has had its chances."""
        kept = record.failed_at.seconds - record.first_failed_at.seconds
        return record.failures >= self.failures or kept > self.patience

    def pause(self, record: pb.FailedRecord) -> float:
        """Seconds until the next attempt."""
        full = min(self.longest, self.first * 2.0 ** min(record.attempts - 1, 16))
        return full * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, guards nothing)
