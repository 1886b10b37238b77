"""Dead letters: records that were given up, on a topic of their own, with the reason."""

from codex_protos.messaging.v1 import records_pb2 as pb
from codex_service.kafka.producer import Producer
from codex_service.telemetry import Telemetry

_LARGEST = 900_000  # bytes: brokers take no record above 1 MB


def letter_id(record: pb.FailedRecord) -> str:
    """Where the record came from is what it is known by."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class DeadLetters:
    """Puts records where an operator finds them (``codex dlq``)."""

    def __init__(self, producer: Producer, topic: str, telemetry: Telemetry) -> None:
        self._producer, self._topic, self._telemetry = producer, topic, telemetry

    async def put(self, record: pb.FailedRecord, *, group: str) -> None:
        """Send it, as a child of its failed attempt, and wait until the broker has it; may be repeated."""
        letter = pb.DeadLetter(id=letter_id(record), group=group, record=record)
        if len(record.value) > _LARGEST:
            letter.record.ClearField("value")  # it still lies where the id says, for as long as the topic keeps it
        with self._telemetry.resumed(record.trace_context):
            sent = await self._producer.send(self._topic, key=letter.id, value=letter.SerializeToString())
        await sent
