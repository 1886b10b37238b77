"""Which offsets may be committed: those below the first record that is still being worked on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.structs import ConsumerRecord, TopicPartition


@dataclass(slots=True)
class _Partition:
    high: int
    working: set[int] = field(default_factory=set)
    committed: int = -1

    @property
    def safe(self) -> int:
        return min(self.working, default=self.high)


class Offsets:
    """Remembers for each partition what was taken and what is done."""

    def __init__(self) -> None:
        self._partitions: dict[TopicPartition, _Partition] = {}

    def taken(self, records: Sequence[ConsumerRecord]) -> None:
        """Records left the broker; nothing at or above them may be committed.

        All of a fetch belong into one call, made before anything else can happen: a record that was noted after its
        partition had moved would make that partition look like ours.
        """
        for record in records:
            partition = self._partitions.setdefault(_of(record), _Partition(high=record.offset))
            partition.working.add(record.offset)
            partition.high = max(partition.high, record.offset + 1)

    def done(self, record: ConsumerRecord) -> None:
        """A record needs no more work. One of a partition that was taken away in the meantime is forgotten already."""
        if partition := self._partitions.get(_of(record)):
            partition.working.discard(record.offset)

    def owned(self, record: ConsumerRecord) -> bool:
        """Whether the record is ours to handle: its partition has not moved, and it isn't done."""
        partition = self._partitions.get(_of(record))
        return partition is not None and record.offset in partition.working

    def held(self, topic: str) -> int:
        """How many records of a topic were taken and are not done."""
        return sum(len(each.working) for tp, each in self._partitions.items() if tp.topic == topic)

    def position(self, partition: TopicPartition, otherwise: int) -> int:
        """The first offset that is not done yet."""
        known = self._partitions.get(partition)
        return known.safe if known else otherwise

    def forget(self, partitions: set[TopicPartition]) -> None:
        """Partitions that another consumer has now."""
        for partition in partitions:
            self._partitions.pop(partition, None)

    def committable(self) -> dict[TopicPartition, int]:
        """The new offsets since the last ``committed``."""
        return {tp: part.safe for tp, part in self._partitions.items() if part.safe > part.committed}

    def committed(self, offsets: dict[TopicPartition, int]) -> None:
        """These offsets are the broker's now."""
        for tp, offset in offsets.items():
            if partition := self._partitions.get(tp):
                partition.committed = offset


def _of(record: ConsumerRecord) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
