"""Results from the workers: finalise, tell whoever waits, then let Redis tell the other replicas."""

from typing import TYPE_CHECKING

import grpc
import structlog
from aiokafka.structs import ConsumerRecord
from google.protobuf.message import DecodeError

from codex_code_manage.jobs.store import JobStore
from codex_code_manage.jobs.waiters import Waiters
from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as submissions
from codex_service import redis
from codex_service.clock import now
from codex_service.errors import ServiceError
from codex_service.grpc.errors import from_rpc_error
from codex_service.kafka.failures import Unprocessable
from codex_telemetry import metrics, trace_id

if TYPE_CHECKING:
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

log = structlog.get_logger()

_VERDICTS = frozenset(judging.Verdict.values()) - {judging.VERDICT_UNSPECIFIED}


class Results:
    """Handles one result record; every step may run twice without effect."""

    def __init__(self, submissions: "SubmissionServiceAsyncStub", waiters: Waiters, store: JobStore) -> None:
        self._submissions = submissions
        self._waiters = waiters
        self._store = store

    async def handle(self, record: ConsumerRecord) -> None:
        """Raises Unprocessable for a record that is no result of ours; anything else is worth another try."""
        finished = _parsed(record)
        judgement = await self._final(finished)
        judged = _submission(finished, judgement)
        self._waiters.tell(judged)
        _measure(finished)
        log.info("judged", submission=judged.id, verdict=judging.Verdict.Name(judgement.verdict))
        await self._publish(judged)

    async def _final(self, finished: events.ExecutionFinished) -> judging.Judgement:
        """The judgement that counts: for a submission the first one that was recorded."""
        if finished.kind != judging.KIND_SUBMIT:
            finished.judgement.judged_at.CopyFrom(now())  # workers have clocks of their own
            return finished.judgement
        request = submissions.UpdateSubmissionRequest(
            id=finished.submission_id,
            judgement=finished.judgement,
            author=finished.author,
            problem=finished.problem,
            replay=finished.replay,
        )
        try:
            return (await self._submissions.UpdateSubmission(request, timeout=5.0)).judgement
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise Unprocessable(f"nobody submitted {finished.submission_id}") from error
            raise _explained(error) from error

    async def _publish(self, judged: judging.Submission) -> None:
        try:
            await self._store.judged(judged)
        except redis.OUTAGES:
            if judged.kind != judging.KIND_SUBMIT:
                raise  # Redis holds the only copy: try again
            log.warning("other replicas not told", submission=judged.id)


def _explained(error: grpc.aio.AioRpcError) -> ServiceError:
    return from_rpc_error(error, "problem-service")


def _parsed(record: ConsumerRecord) -> events.ExecutionFinished:
    try:
        finished = events.ExecutionFinished.FromString(record.value or b"")
    except DecodeError as error:
        raise Unprocessable("not an ExecutionFinished") from error
    if not finished.submission_id or finished.judgement.verdict not in _VERDICTS:
        raise Unprocessable("a result without submission or verdict")
    return finished


def _submission(finished: events.ExecutionFinished, judgement: judging.Judgement) -> judging.Submission:
    scored = finished.kind == judging.KIND_SUBMIT and judgement.verdict != judging.VERDICT_AC
    return judging.Submission(
        id=finished.submission_id,
        kind=finished.kind,
        author=finished.author,
        problem=finished.problem,
        language=finished.language,
        created_at=finished.requested_at,
        judgement=judgement,
        score=0 if scored else None,
        trace_id=trace_id() or "",
    )


def _measure(finished: events.ExecutionFinished) -> None:
    seconds = (now().ToNanoseconds() - finished.requested_at.ToNanoseconds()) / 1e9
    verdict = judging.Verdict.Name(finished.judgement.verdict).removeprefix("VERDICT_")
    metrics.record_submission(seconds, language=finished.language, verdict=verdict)
