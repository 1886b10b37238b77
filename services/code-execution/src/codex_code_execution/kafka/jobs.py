"""One job record: fetch the suite, judge, send the result. Nothing is committed before the broker has the result."""

import asyncio

import grpc
import structlog
from aiokafka.structs import ConsumerRecord, RecordMetadata
from google.protobuf.message import DecodeError

from codex_code_execution.judging.judge import Judge
from codex_code_execution.judging.model import Job, Judgement, Verdict
from codex_code_execution.kafka.tracing import execution_span
from codex_code_execution.kafka.translate import KINDS, job_from_wire, result_to_wire
from codex_code_execution.progress.events import ProgressEvents
from codex_code_execution.sandbox.pool import Sandbox
from codex_code_execution.suites.cache import Suites
from codex_protos.execution.v1 import events_pb2 as events
from codex_service.kafka.failures import Unprocessable, failures
from codex_service.kafka.producer import Producer
from codex_service.redis import RedisClient

log = structlog.get_logger()

PLATFORM_FAILED = "The platform failed to judge this program; it is not the program's fault."


class Jobs:
    """Handles job records; judging one twice is harmless, the first result counts."""

    def __init__(
        self, *, sandbox: Sandbox, suites: Suites, redis: RedisClient, producer: Producer, results_topic: str
    ) -> None:
        self._sandbox = sandbox
        self._judge = Judge(sandbox)
        self._suites = suites
        self._redis = redis
        self._producer = producer
        self._results_topic = results_topic

    async def handle(self, record: ConsumerRecord) -> None:
        """Raises Unprocessable for a record that is no job; anything else is worth another attempt."""
        request = _parsed(record)
        # The record counts the attempts that failed here, the request those of jobs that were produced again.
        attempt = request.attempt + failures(record)
        async with ProgressEvents(self._redis, request.submission_id) as progress:
            result = await self._result(request, attempt, progress)
            sent = await self._send(result)
            progress.finish()
        await sent

    async def give_up(self, record: ConsumerRecord) -> None:
        """Tell whoever waits for a job that could not be judged; nobody waits for what is no job."""
        try:
            request = _parsed(record)
        except Unprocessable:
            return
        attempt = request.attempt + failures(record)
        await (await self._send(result_to_wire(request, None, _system_error(), attempt=attempt)))

    async def _send(self, result: events.ExecutionFinished) -> asyncio.Future[RecordMetadata]:
        return await self._producer.send(
            self._results_topic, key=result.submission_id, value=result.SerializeToString()
        )

    async def _result(
        self, request: events.ExecutionRequested, attempt: int, progress: ProgressEvents
    ) -> events.ExecutionFinished:
        try:
            suite = await self._suites.get(request.problem, request.revision) if request.problem else None
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return result_to_wire(request, None, _system_error(), attempt=attempt)
        job = job_from_wire(request, suite)
        judgement = await self._attempt(request, job, attempt, progress)
        return result_to_wire(request, job, judgement, attempt=attempt)

    async def _attempt(
        self, request: events.ExecutionRequested, job: Job, attempt: int, progress: ProgressEvents
    ) -> Judgement:
        with execution_span(request, self._sandbox, attempt) as span:
            judgement = await self._judge.judge(job, span.watching(progress.note))
            span.concluded(judgement)
        log.info("executed", submission=job.id, verdict=judgement.verdict.value, guard=judgement.guard.value)
        return judgement


def _parsed(record: ConsumerRecord) -> events.ExecutionRequested:
    try:
        request = events.ExecutionRequested.FromString(record.value or b"")
    except DecodeError as error:
        raise Unprocessable("not an ExecutionRequested") from error
    if not request.submission_id or request.kind not in KINDS:
        raise Unprocessable("a job without submission or kind")
    return request


def _system_error() -> Judgement:
    return Judgement(verdict=Verdict.SYSTEM_ERROR, outcomes=(), total=0, detail=PLATFORM_FAILED)
