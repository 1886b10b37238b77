"""Takes up what was cut off: a submission that waits for a verdict, and is in no queue, is produced again or failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from codex_code_manage.jobs.backlog import Backlog
from codex_code_manage.jobs.broker import Broker
from codex_code_manage.jobs.order import Order
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as submissions
from codex_service.kafka.retries import waiting
from codex_service.lease import Lease
from codex_service.redis import RedisClient
from codex_telemetry import quiet, resume

if TYPE_CHECKING:
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

log = structlog.get_logger()

_PAGE = 100
_REMEMBERED = 24 * 3600  # seconds
_MARGIN = timedelta(seconds=2)  # between a submission's time and that of its record
GIVEN_UP = "The platform failed to judge this program; it is not the program's fault."


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a submission may be pending (seconds), and how often it is produced.

    ``after``: before it is looked at. ``at_latest``: before it is produced again even if it seems to be in a queue.
    ``productions``: before it is failed.
    """

    after: float
    at_latest: float
    productions: int


class Reconciler:
    """One replica leads.

    Should two ever believe so, the marks of the former are refused, and a second judgement changes nothing.
    """

    def __init__(
        self,
        *,
        submissions: "SubmissionServiceAsyncStub",
        broker: Broker,
        backlog: Backlog,
        groups: Sequence[str],
        redis: RedisClient,
        lease: Lease,
        patience: Patience,
    ) -> None:
        self._submissions, self._broker, self._backlog = submissions, broker, backlog
        self._groups, self._redis, self._lease = groups, redis, lease
        self._patience = patience

    async def turn(self) -> None:
        """Look at everything that is pending for too long, if this replica leads."""
        with quiet():
            leads = await self._lease.take()
        after = Timestamp()
        while leads:
            page = await self._page(after)
            if page:
                await self._settle(page)
                after = page[-1].submission.created_at
            with quiet():
                leads = len(page) == _PAGE and await self._lease.take()

    async def _page(self, after: Timestamp) -> list[submissions.PendingSubmission]:
        request = submissions.ListPendingSubmissionsRequest(limit=_PAGE, created_after=after)
        request.older_than.FromTimedelta(timedelta(seconds=self._patience.after))
        answer = await self._submissions.ListPendingSubmissions(request, timeout=5.0)
        return list(answer.submissions)

    async def _settle(self, page: list[submissions.PendingSubmission]) -> None:
        oldest = await self._backlog.oldest()
        ids = [pending.submission.id for pending in page]
        with quiet():
            aside = set().union(*[await waiting(self._redis, group, ids) for group in self._groups])
            productions = await self._productions(ids)
        for pending in page:
            id = pending.submission.id
            number, last = productions.get(id, (1, pending.submission.created_at.ToDatetime(tzinfo=UTC)))
            if id not in aside and self._lost(last, oldest):
                await self._take_up(pending, number + 1)

    def _lost(self, produced: datetime, oldest: datetime) -> bool:
        """Whether a job that was last produced then is in no queue any more: all that is in them came later."""
        age = datetime.now(UTC) - produced
        if age > timedelta(seconds=self._patience.at_latest):
            return True
        return age > timedelta(seconds=self._patience.after) and produced + _MARGIN < oldest

    async def _take_up(self, pending: submissions.PendingSubmission, number: int) -> None:
        submission = pending.submission
        with quiet():
            mark = f"{number} {datetime.now(UTC).timestamp()}"
            if not await self._lease.set(_key(submission.id), mark, seconds=_REMEMBERED):
                return  # another replica leads
        with resume(dict(pending.trace_context), "reconcile"):
            if number > self._patience.productions:
                await self._fail(submission, number)
            else:
                await self._produce(submission, number)

    async def _produce(self, submission: judging.Submission, number: int) -> None:
        log.warning("producing again", submission=submission.id, attempt=number)
        order = Order(
            kind=judging.KIND_SUBMIT,
            author=submission.author,
            problem=submission.problem,
            language=submission.language,
            code=submission.code,
        )
        sent = await self._broker.produce(
            id=submission.id, order=order, revision="", requested_at=submission.created_at, attempt=number
        )
        await sent

    async def _fail(self, submission: judging.Submission, number: int) -> None:
        log.error("submission given up", submission=submission.id, attempts=number - 1)
        judgement = judging.Judgement(verdict=judging.VERDICT_SE, attempt=number - 1, detail=GIVEN_UP)
        request = submissions.UpdateSubmissionRequest(
            id=submission.id, judgement=judgement, author=submission.author, problem=submission.problem
        )
        await self._submissions.UpdateSubmission(request, timeout=5.0)

    async def _productions(self, ids: list[str]) -> dict[str, tuple[int, datetime]]:
        """How often each was produced, and when last; those that were produced once only are left out."""
        found: Any = await self._redis.mget([_key(id) for id in ids])
        return {id: _parsed(mark) for id, mark in zip(ids, found, strict=True) if mark}


def _parsed(mark: bytes) -> tuple[int, datetime]:
    number, _, when = mark.decode().partition(" ")
    return int(number), datetime.fromtimestamp(float(when), UTC)


def _key(id: str) -> str:
    return f"produced:{id}"
