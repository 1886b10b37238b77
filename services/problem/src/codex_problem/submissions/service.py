"""What can be done with submissions, and what it means."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from codex_problem.errors import SubmissionNotFound
from codex_problem.problems.acceptance import AcceptanceRates
from codex_problem.scoring.service import Scoring
from codex_problem.submissions.idempotency import IdempotencyKeys
from codex_problem.submissions.model import Judgement, Submission, Verdict
from codex_problem.submissions.repository import SubmissionRepository
from codex_service.errors import InvalidCursor, InvalidRequest
from codex_service.idempotency import body_hash

MAX_LIMIT = 100
_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The submission that stands for a request, without its code; ``replayed`` when an earlier request had made it."""

    submission: Submission
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some submissions, and the cursor of the next page; empty when there is none."""

    submissions: list[Submission]
    next_cursor: str


class Submissions:
    """The durable record of what people handed in."""

    def __init__(
        self, repository: SubmissionRepository, keys: IdempotencyKeys, scoring: Scoring, rates: AcceptanceRates
    ) -> None:
        self._repository = repository
        self._keys = keys
        self._scoring = scoring
        self._rates = rates

    async def create(self, submission: Submission, idempotency_key: str) -> Created:
        """Record a pending submission, once for its id and once for its author's key.

        The key is bound before the submission is stored: a crash between the two leaves a key whose next request
        stores the submission under the same id.

        Raises:
            IdempotencyKeyReused: the key came before, with another body.
        """
        if idempotency_key:
            submission = await self._claimed(submission, idempotency_key)
        if await self._repository.add(submission):
            return Created(submission=replace(submission, code=""), replayed=False)
        return Created(submission=await self._repository.get(submission.id), replayed=True)

    async def _claimed(self, submission: Submission, key: str) -> Submission:
        body = body_hash(submission.problem, submission.language, submission.code)
        claim = await self._keys.claim(author=submission.author, key=key, body=body, submission=submission.id)
        return replace(submission, id=claim.submission)

    async def finalise(
        self, *, id: str, author: str, problem: str, judgement: Judgement, replay: bool = False
    ) -> Judgement:
        """Record the judgement of a pending submission, once, and return the one that counts.

        A ``replay`` may take the place of ``SE``.

        Results are delivered at least once, so every line may run again without effect. Points are credited beside the
        answer's way; what a crash cuts off there, the sweep finds and repeats.

        Raises:
            SubmissionNotFound: no submission has this id.
        """
        accepted = judgement.verdict is Verdict.ACCEPTED
        gain = self._scoring.known_gain(author, problem) if accepted else 0
        if await self._repository.finalise(id, judgement, gain, replay=replay):
            self._rates.note(problem, judgement.verdict)
            if accepted:
                self._scoring.credit_soon(submission=id, author=author, problem=problem, gain=gain)
            return judgement
        stored = (await self._repository.get(id)).judgement
        return stored or judgement

    async def get(self, id: str, author: str) -> Submission:
        """One's own submission; raises SubmissionNotFound, for other people's too."""
        submission = await self._repository.get(id)
        if submission.author != author:
            raise SubmissionNotFound(f"no submission {id}")
        return submission

    async def page(self, author: str, *, problem: str, cursor: str, limit: int) -> Page:
        """One's own submissions, newest first; raises InvalidCursor or InvalidRequest."""
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidRequest(f"limit must be 1 to {MAX_LIMIT}", field="limit")
        if cursor and not re.fullmatch(_ID, cursor):
            raise InvalidCursor("not a cursor of ours", field="cursor")
        found = await self._repository.newest(author, problem=problem, before=cursor, limit=limit + 1)
        shown = found[:limit]
        return Page(submissions=shown, next_cursor=shown[-1].id if len(found) > limit else "")

    async def count(self, author: str) -> int:
        """How many somebody has made."""
        return await self._repository.count(author)

    async def pending(self, *, older_than: timedelta, created_after: datetime, limit: int) -> list[Submission]:
        """Submissions that wait for longer than ``older_than``, oldest first, with their code."""
        before = datetime.now(UTC) - older_than
        return await self._repository.pending(created_after=created_after, created_before=before, limit=limit)
