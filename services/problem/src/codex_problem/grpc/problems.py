"""ProblemService."""

from collections.abc import AsyncIterator

from codex_problem.problems.model import Problem
from codex_problem.problems.repository import Query
from codex_problem.problems.service import Listed, Problems
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_protos.problem.v1 import problem_service_pb2_grpc as rpc
from codex_service.grpc.server import Context

_CHUNK = 1 << 20  # a message may have 4 MB at most


class ProblemServicer(rpc.ProblemServiceServicer):
    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    async def ListProblems(self, request: pb.ListProblemsRequest, context: Context) -> pb.ListProblemsResponse:
        query = Query(
            difficulty=request.difficulty,
            tag=request.tag,
            search=request.search,
            after=request.cursor,
            limit=request.limit,
        )
        page = await self._problems.page(query)
        return pb.ListProblemsResponse(
            problems=[_summary(listed) for listed in page.problems], next_cursor=page.next_cursor
        )

    async def GetProblem(self, request: pb.GetProblemRequest, context: Context) -> pb.GetProblemResponse:
        return pb.GetProblemResponse(problem=_problem(await self._problems.get(request.slug)))

    async def GetTestSuite(
        self, request: pb.GetTestSuiteRequest, context: Context
    ) -> AsyncIterator[pb.GetTestSuiteResponse]:
        suite = await self._problems.suite(request.slug)
        for start in range(0, len(suite.content), _CHUNK):
            yield pb.GetTestSuiteResponse(revision=suite.revision, chunk=suite.content[start : start + _CHUNK])


def _summary(listed: Listed) -> pb.ProblemSummary:
    problem = listed.published.problem
    return pb.ProblemSummary(
        slug=problem.slug,
        title=problem.title,
        difficulty=problem.difficulty,
        tags=problem.tags,
        kind=problem.kind,
        acceptance=listed.acceptance,
    )


def _problem(listed: Listed) -> pb.Problem:
    problem = listed.published.problem
    return pb.Problem(
        summary=_summary(listed),
        statement=problem.statement,
        constraints=problem.constraints,
        examples=[pb.Example(**example.model_dump()) for example in problem.examples],
        public_tests=[judging.TestCase(**test.model_dump(), public=True) for test in problem.public_tests],
        signature=_signature(problem),
        starter_code=problem.starter_code,
        limits=judging.Limits(**problem.limits.model_dump()),
        revision=listed.published.revision,
    )


def _signature(problem: Problem) -> judging.Signature | None:
    return judging.Signature(**problem.signature.model_dump()) if problem.signature else None
