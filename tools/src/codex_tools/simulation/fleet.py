"""Who judges: workers, their slots, and which partitions each of them was given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Workers in one consumer group. The group deals partitions out in turn, so some workers may get none."""

    partitions: int
    workers: int
    slots: int

    @property
    def working(self) -> int:
        """Workers that have a partition of the jobs' topic."""
        return min(self.partitions, self.workers)

    @property
    def useful_slots(self) -> int:
        return self.working * self.slots

    def worker(self, key: int, *, overflow: bool) -> int:
        """The worker that gets a record with this hash. The overflow topic's partitions are dealt after the others."""
        partition = key % self.partitions
        return (partition + self.partitions if overflow else partition) % self.workers
