"""The way out: jobs for the workers."""

import asyncio

from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from google.protobuf.timestamp_pb2 import Timestamp

from codex_code_manage.jobs.order import Order
from codex_protos.execution.v1 import events_pb2 as events
from codex_service.errors import DependencyUnavailable
from codex_service.kafka.failures import LANE
from codex_service.kafka.names import Topics
from codex_service.kafka.producer import Producer


class Broker:
    """Produces jobs. It knows whether Kafka answers, so that nothing is accepted that could not be judged."""

    def __init__(self, producer: Producer, topics: Topics) -> None:
        self._producer = producer
        self._topics = topics
        self._answers = True

    async def check(self) -> None:
        """Ask the broker; called again and again beside the work."""
        try:
            async with asyncio.timeout(1.0):
                await self._producer.ping()
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            self._answers = False
            raise DependencyUnavailable("the broker is down") from error
        self._answers = True

    def require(self) -> None:
        """Raises DependencyUnavailable while the broker does not answer."""
        if not self._answers:
            raise DependencyUnavailable("the broker is down")

    async def produce(
        self,
        *,
        id: str,
        order: Order,
        revision: str,
        requested_at: Timestamp,
        attempt: int = 1,
        crowded: bool = False,
    ) -> asyncio.Future[RecordMetadata]:
        """Send a job; the future is done when the broker has it on disk."""
        job = events.ExecutionRequested(
            submission_id=id,
            kind=order.kind,
            author=order.author,
            problem=order.problem,
            revision=revision,
            language=order.language,
            code=order.code,
            attempt=attempt,
            requested_at=requested_at,
            tests=order.tests,
        )
        topic = self._topics.overflow if crowded else self._topics.jobs
        lane = [(LANE, order.author.encode())]
        return await self._producer.send(topic, key=id, value=job.SerializeToString(), headers=lane)
