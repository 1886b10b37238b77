"""Points, progress and boards: what an accepted submission is worth, credited beside the answer's way."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import structlog

from codex_problem.errors import AuthorGone, ProblemNotFound
from codex_problem.leaderboard.board import Board, Player
from codex_problem.problems.service import Problems
from codex_problem.scoring.gains import Gains
from codex_problem.scoring.ledger import ScoreLedger, Total
from codex_problem.submissions.model import Submission
from codex_problem.submissions.repository import SubmissionRepository
from codex_protos.authuser.v1 import user_service_pb2 as users
from codex_service.background import Background
from codex_service.grpc.deadline import time_left
from codex_telemetry import linked_root

if TYPE_CHECKING:
    from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceAsyncStub

log = structlog.get_logger()


class Scoring:
    """Credits accepted submissions. Every step may be repeated, so a credit that was cut off is simply made again."""

    def __init__(
        self,
        *,
        problems: Problems,
        submissions: SubmissionRepository,
        ledger: ScoreLedger,
        board: Board,
        auth_user: "UserServiceAsyncStub",
        background: Background,
    ) -> None:
        self._problems = problems
        self._submissions = submissions
        self._ledger = ledger
        self._board = board
        self._auth_user = auth_user
        self._background = background
        self._gains = Gains()

    def known_gain(self, author: str, problem: str) -> int | None:
        """What an accepted solution gains, when that is known without asking: nothing; else None."""
        return 0 if self._gains.given(author, problem) else None

    def credit_soon(self, *, submission: str, author: str, problem: str, gain: int | None) -> None:
        """Credit after the answer has left; the sweep makes up for what a crash cuts off.

        Where the gain is known and recorded already, only auth-user is still to be told.
        """
        if gain is None:
            self._background.spawn(self.credit(submission=submission, author=author, problem=problem), "credit")
        else:
            self._background.spawn(self._progress(author, problem), "progress")

    async def credit(self, *, submission: str, author: str, problem: str) -> None:
        """Enter the points, tell auth-user, place the author on the boards, note the gain on the submission.

        A second accepted solution gains nothing, so it moves nobody on the boards.
        """
        points = self._problems.points(problem)
        gained = await self._ledger.enter(user=author, problem=problem, submission=submission, points=points)
        self._gains.remember(author, problem)
        player = await self._progress(author, problem)
        if gained:
            await self._board.place(player, await self._ledger.total(author))
        await self._submissions.credit(submission, gained)

    async def _progress(self, author: str, problem: str) -> Player:
        request = users.UpdateProgressRequest(
            user_id=author, problem=problem, difficulty=self._problems.difficulty(problem)
        )
        try:
            answer = await self._auth_user.UpdateProgress(request, timeout=time_left(5.0))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise AuthorGone(f"no user {author}") from error
            raise
        return Player(user=author, username=answer.username, country=answer.country)

    async def sweep(self, *, older_than: timedelta, limit: int = 100) -> int:
        """Credit accepted submissions that a crash left without their points; returns how many."""
        late = await self._submissions.uncredited(judged_before=datetime.now(UTC) - older_than, limit=limit)
        for submission in late:
            with linked_root("credit sweep", submission.trace_context):
                await self._credit_late(submission)
        return len(late)

    async def _credit_late(self, submission: Submission) -> None:
        log.warning("crediting late", submission=submission.id)
        try:
            await self.credit(submission=submission.id, author=submission.author, problem=submission.problem)
        except AuthorGone:
            await self._submissions.credit(submission.id, 0)  # else it would be the first of every sweep
        except ProblemNotFound:
            log.error("problem unknown here", submission=submission.id, problem=submission.problem)  # noqa: TRY400 (says all)

    async def rebuild_board(self) -> None:
        """Make the boards anew from the ledger: Redis has lost them."""
        found = [await self._placed(total) for total in await self._ledger.totals()]
        players = [placed for placed in found if placed]
        await self._board.rebuild(players)
        log.info("boards rebuilt", players=len(players))

    async def _placed(self, total: Total) -> tuple[Player, Total] | None:
        """Where somebody belongs; None for an author who is gone."""
        entry = await self._ledger.any_entry(total.user)
        try:
            return await self._progress(total.user, entry.problem), total
        except AuthorGone:
            return None
