"""Takes up what a crash has cut off: submissions that have been pending for too long are produced again."""

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from codex_code_manage.jobs.broker import Broker
from codex_code_manage.jobs.order import Order
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as submissions
from codex_service.redis import RedisClient
from codex_telemetry import resume

if TYPE_CHECKING:
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

log = structlog.get_logger()

_BATCH = 100
_TURN = "reconciler:turn"


class Reconciler:
    """One replica at a time looks; should two ever look at once, the second judgement changes nothing."""

    def __init__(
        self,
        *,
        submissions: "SubmissionServiceAsyncStub",
        broker: Broker,
        redis: RedisClient,
        after: float,
        interval: float,
    ) -> None:
        self._submissions = submissions
        self._broker = broker
        self._redis = redis
        self._after = after
        self._interval = interval

    async def turn(self) -> None:
        """Produce again what has been pending for longer than ``after`` seconds, each in its own trace."""
        if not await self._redis.set(_TURN, 1, nx=True, px=int(self._interval * 900)):
            return
        request = submissions.ListPendingSubmissionsRequest(limit=_BATCH)
        request.older_than.FromTimedelta(timedelta(seconds=self._after))
        answer = await self._submissions.ListPendingSubmissions(request, timeout=5.0)
        for pending in answer.submissions:
            await self._produce_again(pending)

    async def _produce_again(self, pending: submissions.PendingSubmission) -> None:
        submission = pending.submission
        attempt = await self._next_attempt(submission.id)
        if attempt is None:
            return
        with resume(dict(pending.trace_context), "reconcile"):
            log.warning("producing again", submission=submission.id)
            order = Order(
                kind=judging.KIND_SUBMIT,
                author=submission.author,
                problem=submission.problem,
                language=submission.language,
                code=submission.code,
            )
            sent = await self._broker.produce(
                id=submission.id, order=order, revision="", requested_at=submission.created_at, attempt=attempt
            )
            await sent

    async def _next_attempt(self, submission: str) -> int | None:
        """Which attempt this would be; None when the last one has not had its time yet."""
        rest = max(1, int(self._after))
        if not await self._redis.set(f"reconciled:{submission}", 1, nx=True, ex=rest):
            return None
        key = f"attempts:{submission}"
        again: int = await self._redis.incr(key)
        await self._redis.expire(key, 24 * 3600)
        return 1 + again
