"""What an operator does with dead letters."""

import asyncio
from collections.abc import Sequence

import structlog

from codex_code_manage.dead_letters.contents import event_in, headers_for_replay, value_for_replay
from codex_code_manage.dead_letters.description import described
from codex_code_manage.dead_letters.topic import DeadLetterTopic
from codex_code_manage.errors import DeadLetterNotFound
from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.messaging.v1 import records_pb2 as records
from codex_service.errors import InvalidRequest
from codex_service.kafka.producer import Producer
from codex_telemetry import attributes, linked_root, trace_id

log = structlog.get_logger()

MOST = 1000  # letters of one list
_PATIENCE = 5.0  # seconds that the broker has to take a record


class DeadLetterBox:
    """Looks at dead letters, and ends them. Here one is ended at a time, so that nobody ends it twice."""

    def __init__(self, topic: DeadLetterTopic, producer: Producer) -> None:
        self._topic, self._producer = topic, producer
        self._ending = asyncio.Lock()

    async def list(self, limit: int) -> tuple[list[pb.DeadLetter], bool]:
        """Up to ``limit`` letters, oldest failure first, and whether there are more; raises InvalidRequest."""
        if not 1 <= limit <= MOST:
            raise InvalidRequest(f"limit must be 1 to {MOST}", field="limit")
        return await self._topic.list(limit)

    async def get(self, id: str) -> pb.DeadLetter:
        """One letter; raises DeadLetterNotFound."""
        return described(await self._letter(id))

    async def replay(self, id: str) -> str:
        """Send a record to its own topic again, then forget it; the id of the new trace, empty without one.

        A crash in between leaves the letter: replaying it once more changes nothing.

        Raises:
            DeadLetterNotFound: there is no such letter, or it was ended before.
        """
        async with self._ending:
            record = (await self._letter(id)).record
            trace = await self._send(record)
            await self._forget(id)
        log.info("dead letter replayed", letter=id, topic=record.topic)
        return trace

    async def drop(self, id: str) -> None:
        """Forget a letter; raises DeadLetterNotFound."""
        async with self._ending:
            await self._letter(id)
            await self._forget(id)
        log.info("dead letter dropped", letter=id)

    async def _letter(self, id: str) -> records.DeadLetter:
        letter = await self._topic.get(id)
        if letter is None:
            raise DeadLetterNotFound(f"no dead letter {id}")
        return letter

    async def _send(self, record: records.FailedRecord) -> str:
        event = event_in(record)
        with linked_root("replay", record.trace_context) as span:
            if event:
                span.set_attribute(attributes.SUBMISSION_ID, event.submission_id)
            await self._put(
                record.topic,
                record.key.decode(errors="replace"),
                value_for_replay(record),
                headers_for_replay(record),
            )
            return trace_id() or ""

    async def _forget(self, id: str) -> None:
        await self._put(self._topic.name, id, None)

    async def _put(self, topic: str, key: str, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Send a record and wait until the broker has it."""
        async with asyncio.timeout(_PATIENCE):
            sent = await self._producer.send(topic, key=key, value=value, headers=headers)
            await sent
