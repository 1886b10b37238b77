"""The problem service as its callers use it, in fewer words."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import leaderboard_service_pb2 as boards_pb
from codex_protos.problem.v1 import submission_service_pb2 as pb
from codex_protos.problem.v1.leaderboard_service_pb2_grpc import LeaderboardServiceStub
from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceStub
from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceStub
from codex_service.ids import uuid7
from codex_testing.judging import judgement

if TYPE_CHECKING:
    from codex_protos.problem.v1.leaderboard_service_pb2_grpc import LeaderboardServiceAsyncStub
    from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceAsyncStub
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

EASY, MEDIUM, HARD = "two-sum", "fewest-coins", "courier-tour"
DEADLINE = 5.0  # seconds that the other services give a call


def new_user() -> str:
    """The id of somebody who has done nothing yet."""
    return f"user-{uuid4().hex[:12]}"


class ProblemClient:
    """All three services over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.problems: ProblemServiceAsyncStub = ProblemServiceStub(channel)
        self.submissions: SubmissionServiceAsyncStub = SubmissionServiceStub(channel)
        self.boards: LeaderboardServiceAsyncStub = LeaderboardServiceStub(channel)

    async def create(
        self,
        author: str,
        problem: str = EASY,
        *,
        code: str = "pass",
        key: str = "",
        id: str = "",
        age: timedelta = timedelta(),
    ) -> pb.CreateSubmissionResponse:
        """Hand something in; ``age`` says how long ago that was."""
        created_at = Timestamp()
        created_at.FromDatetime(datetime.now(UTC) - age)
        request = pb.CreateSubmissionRequest(
            id=id or uuid7(),
            author=author,
            problem=problem,
            language="python",
            code=code,
            idempotency_key=key,
            created_at=created_at,
        )
        return await self.submissions.CreateSubmission(request, timeout=DEADLINE)

    async def finalise(
        self, submission: judging.Submission, given: judging.Judgement | None = None
    ) -> judging.Judgement:
        """Judge something; accepted unless another judgement is given."""
        request = pb.UpdateSubmissionRequest(
            id=submission.id,
            judgement=given or judgement(),
            author=submission.author,
            problem=submission.problem,
        )
        return (await self.submissions.UpdateSubmission(request, timeout=DEADLINE)).judgement

    async def solve(self, author: str, problem: str = EASY) -> judging.Submission:
        """Hand in something that is accepted."""
        submission = (await self.create(author, problem)).submission
        await self.finalise(submission)
        return submission

    async def get(self, submission: judging.Submission, *, author: str = "") -> judging.Submission:
        """What is stored of a submission."""
        request = pb.GetSubmissionRequest(id=submission.id, author=author or submission.author)
        return (await self.submissions.GetSubmission(request, timeout=DEADLINE)).submission

    async def count(self, author: str) -> int:
        """How many submissions somebody has made."""
        return (
            await self.submissions.CountSubmissions(pb.CountSubmissionsRequest(author=author), timeout=DEADLINE)
        ).count

    async def credited(self, submission: judging.Submission) -> bool:
        """Whether its gain is noted."""
        return (await self.get(submission)).HasField("score")

    async def board(
        self, *, caller: str = "", country: str = "", limit: int = 100
    ) -> boards_pb.GetGlobalLeaderboardResponse | boards_pb.GetCountryLeaderboardResponse:
        """The world's board, or a country's."""
        if country:
            in_country = boards_pb.GetCountryLeaderboardRequest(caller=caller, country=country, limit=limit)
            return await self.boards.GetCountryLeaderboard(in_country, timeout=DEADLINE)
        return await self.boards.GetGlobalLeaderboard(
            boards_pb.GetGlobalLeaderboardRequest(caller=caller, limit=limit), timeout=DEADLINE
        )
