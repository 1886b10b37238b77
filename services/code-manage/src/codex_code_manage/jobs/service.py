"""Accept an order, have it judged, give the answer: the way of every submission."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiokafka.structs import RecordMetadata

from codex_code_manage.errors import SubmissionNotFound
from codex_code_manage.jobs.backlog import Backlog
from codex_code_manage.jobs.broker import Broker
from codex_code_manage.jobs.entrance import Entrance, Entry
from codex_code_manage.jobs.order import Accepted, Order
from codex_code_manage.jobs.store import JobStore
from codex_code_manage.jobs.waiters import Waiters, Waiting
from codex_code_manage.languages.workers import Workers
from codex_code_manage.problems.metadata import ProblemMetadata
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as submissions
from codex_service.background import Background
from codex_service.clock import now
from codex_service.errors import DependencyUnavailable
from codex_service.grpc.deadline import time_left
from codex_service.idempotency import body_hash
from codex_service.ids import uuid7
from codex_telemetry import carrier, trace_id

if TYPE_CHECKING:
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

# Seconds that a replay leaves the first request to have the job produced, before it does so itself.
PRODUCED_BY = 2.0


class Jobs:
    """Create (durable), produce, wait. Everything a crash can cut off here, the reconciler takes up again."""

    def __init__(
        self,
        *,
        problems: ProblemMetadata,
        submissions: "SubmissionServiceAsyncStub",
        entrance: Entrance,
        backlog: Backlog,
        workers: Workers,
        broker: Broker,
        waiters: Waiters,
        store: JobStore,
        background: Background,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        self._problems = problems
        self._submissions = submissions
        self._entrance = entrance
        self._backlog = backlog
        self._workers = workers
        self._broker = broker
        self._waiters = waiters
        self._store = store
        self._background = background
        self._new_id = new_id

    async def submit(self, order: Order, *, wait: float) -> Accepted:
        """Have a program judged against all tests of its problem, recorded before it is produced.

        Raises:
            LanguageUnavailable: nobody can run it now.
            DependencyUnavailable: the broker is down, and nothing was recorded.
            Overloaded: it would wait too long for a worker, and nothing was recorded.
            RemoteError: problem_not_found, idempotency_key_reused.
        """
        pending = self._pending(order)
        entry = await self._admit(order, pending)
        created = await self._record(order, pending)
        submission = created.submission
        if order.idempotency_key:
            self._background.spawn(self._remember(order), "remember idempotency key")
        if created.replayed:
            self._background.spawn(self._entrance.leave(author=order.author, id=pending.id), "count out a replay")
        if submission.HasField("judgement"):
            return Accepted(submission=submission, replayed=True)
        judged = await self._judge(order, submission, entry, wait, replayed=created.replayed)
        return Accepted(submission=judged, replayed=created.replayed)

    async def run(self, order: Order, *, wait: float) -> Accepted:
        """Have a program judged on the tests it came with; nothing is recorded but the job, for 15 minutes."""
        pending = self._pending(order)
        entry = await self._admit(order, pending)
        await self._store.put(pending)
        return Accepted(submission=await self._judge(order, pending, entry, wait))

    async def public_tests(self, slug: str) -> tuple[judging.TestCase, ...]:
        """What a run is judged on when it brings no tests; raises problem_not_found."""
        return tuple((await self._problems.get(slug)).public_tests)

    async def get(self, id: str, author: str) -> judging.Submission:
        """One's own job or submission; raises SubmissionNotFound, for other people's too."""
        kept = await self._store.get(id)
        if kept is None or kept.kind == judging.KIND_SUBMIT:
            return await self._recorded(id, author)
        if kept.author != author:
            raise SubmissionNotFound(f"no submission {id}")
        return kept

    async def _admit(self, order: Order, pending: judging.Submission) -> Entry:
        """Refuse before anything is stored."""
        self._broker.require()
        entry = await self._entrance.enter(author=order.author, id=pending.id, problem=order.problem)
        self._workers.require(order.language, function=entry.problem.summary.kind == "function")
        self._backlog.require(crowded=entry.crowded)
        return entry

    def _pending(self, order: Order) -> judging.Submission:
        return judging.Submission(
            id=self._new_id(),
            kind=order.kind,
            author=order.author,
            problem=order.problem,
            language=order.language,
            created_at=now(),
            trace_id=trace_id() or "",
        )

    async def _record(self, order: Order, pending: judging.Submission) -> submissions.CreateSubmissionResponse:
        request = submissions.CreateSubmissionRequest(
            id=pending.id,
            author=order.author,
            problem=order.problem,
            language=order.language,
            code=order.code,
            idempotency_key=order.idempotency_key,
            trace_id=pending.trace_id,
            created_at=pending.created_at,
            trace_context=carrier(),
        )
        return await self._submissions.CreateSubmission(request, timeout=time_left(5.0))

    async def _remember(self, order: Order) -> None:
        body = body_hash(order.problem, order.language, order.code)
        await self._store.remember_key(author=order.author, key=order.idempotency_key, body=body)

    async def _judge(
        self, order: Order, pending: judging.Submission, entry: Entry, wait: float, *, replayed: bool = False
    ) -> judging.Submission:
        """Register, look whether it is judged already, produce, wait."""
        with self._waiters.expect(pending.id) as answer:
            if replayed and (known := await self._store.get(pending.id)) and known.HasField("judgement"):
                return known
            patience = min(wait, max(0.0, PRODUCED_BY - _age(pending))) if replayed else 0.0
            judged = await _told(answer, patience)
            if judged is None and (not replayed or _age(pending) > PRODUCED_BY):
                acknowledged = await self._produce(order, pending, entry)
                judged = await _first_of(answer, acknowledged, wait - patience)
        if judged is None:
            return await self._when_late(pending)
        return _with_facts_of(pending, judged)

    async def _produce(self, order: Order, pending: judging.Submission, entry: Entry) -> asyncio.Future[RecordMetadata]:
        return await self._broker.produce(
            id=pending.id,
            order=order,
            revision=entry.problem.revision,
            requested_at=pending.created_at,
            crowded=entry.crowded,
        )

    async def _when_late(self, pending: judging.Submission) -> judging.Submission:
        """The wait ran out: the database is the truth, should the news have been lost on its way."""
        if pending.kind == judging.KIND_SUBMIT:
            return await self._recorded(pending.id, pending.author)
        return await self._store.get(pending.id) or pending

    async def _recorded(self, id: str, author: str) -> judging.Submission:
        request = submissions.GetSubmissionRequest(id=id, author=author)
        return (await self._submissions.GetSubmission(request, timeout=time_left(5.0))).submission


async def _first_of(
    answer: Waiting, acknowledged: asyncio.Future[RecordMetadata], wait: float
) -> judging.Submission | None:
    """The answer, or None after ``wait`` seconds; a record that the broker refuses ends the wait at once."""
    if wait <= 0:
        await _settled(acknowledged)
        return None
    acknowledged.add_done_callback(lambda sent: _refused(sent, answer))
    return await _told(answer, wait)


async def _told(answer: Waiting, wait: float) -> judging.Submission | None:
    """The answer, or None after ``wait`` seconds; it may be waited for again."""
    if wait <= 0:
        return None
    await asyncio.wait([answer], timeout=wait)
    return answer.result() if answer.done() else None


async def _settled(acknowledged: asyncio.Future[RecordMetadata]) -> None:
    try:
        async with asyncio.timeout(5.0):
            await acknowledged
    except Exception as error:
        raise DependencyUnavailable("the broker did not take the job; it will be judged later") from error


def _refused(acknowledged: asyncio.Future[RecordMetadata], answer: Waiting) -> None:
    if not acknowledged.cancelled() and (error := acknowledged.exception()) and not answer.done():
        answer.set_exception(DependencyUnavailable(f"the broker did not take the job ({type(error).__name__})"))


def _with_facts_of(pending: judging.Submission, judged: judging.Submission) -> judging.Submission:
    """What was recorded with what was found out: an answer that is told early holds the judgement alone."""
    whole = judging.Submission()
    whole.CopyFrom(pending)
    whole.judgement.CopyFrom(judged.judgement)
    if judged.HasField("score"):
        whole.score = judged.score
    return whole


def _age(submission: judging.Submission) -> float:
    return (now().ToNanoseconds() - submission.created_at.ToNanoseconds()) / 1e9
