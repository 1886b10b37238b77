"""SubmissionService."""

from codex_problem.grpc.translate import judgement_from_wire, judgement_to_wire, moment, submission_to_wire
from codex_problem.submissions.model import Submission
from codex_problem.submissions.service import Submissions
from codex_protos.problem.v1 import submission_service_pb2 as pb
from codex_protos.problem.v1 import submission_service_pb2_grpc as rpc
from codex_service.clock import now
from codex_service.grpc.server import Context


class SubmissionServicer(rpc.SubmissionServiceServicer):
    def __init__(self, submissions: Submissions) -> None:
        self._submissions = submissions

    async def CreateSubmission(
        self, request: pb.CreateSubmissionRequest, context: Context
    ) -> pb.CreateSubmissionResponse:
        created = await self._submissions.create(_new(request), request.idempotency_key)
        return pb.CreateSubmissionResponse(submission=submission_to_wire(created.submission), replayed=created.replayed)

    async def UpdateSubmission(
        self, request: pb.UpdateSubmissionRequest, context: Context
    ) -> pb.UpdateSubmissionResponse:
        # Workers have clocks of their own; what is late with its points is found by ours.
        request.judgement.judged_at.CopyFrom(now())
        judgement = await self._submissions.finalise(
            id=request.id,
            author=request.author,
            problem=request.problem,
            judgement=judgement_from_wire(request.judgement),
            replay=request.replay,
        )
        return pb.UpdateSubmissionResponse(judgement=judgement_to_wire(judgement))

    async def GetSubmission(self, request: pb.GetSubmissionRequest, context: Context) -> pb.GetSubmissionResponse:
        submission = await self._submissions.get(request.id, request.author)
        return pb.GetSubmissionResponse(submission=submission_to_wire(submission))

    async def ListSubmissions(self, request: pb.ListSubmissionsRequest, context: Context) -> pb.ListSubmissionsResponse:
        page = await self._submissions.page(
            request.author, problem=request.problem, cursor=request.cursor, limit=request.limit
        )
        return pb.ListSubmissionsResponse(
            submissions=[submission_to_wire(each) for each in page.submissions], next_cursor=page.next_cursor
        )

    async def CountSubmissions(
        self, request: pb.CountSubmissionsRequest, context: Context
    ) -> pb.CountSubmissionsResponse:
        return pb.CountSubmissionsResponse(count=await self._submissions.count(request.author))

    async def ListPendingSubmissions(
        self, request: pb.ListPendingSubmissionsRequest, context: Context
    ) -> pb.ListPendingSubmissionsResponse:
        pending = await self._submissions.pending(
            older_than=request.older_than.ToTimedelta(),
            created_after=moment(request.created_after),
            limit=request.limit,
        )
        return pb.ListPendingSubmissionsResponse(
            submissions=[
                pb.PendingSubmission(submission=submission_to_wire(each), trace_context=each.trace_context)
                for each in pending
            ]
        )


def _new(request: pb.CreateSubmissionRequest) -> Submission:
    return Submission(
        id=request.id,
        author=request.author,
        problem=request.problem,
        language=request.language,
        code=request.code,
        created_at=moment(request.created_at),
        trace_id=request.trace_id,
        trace_context=dict(request.trace_context),
    )
