"""CodeManageService."""

from dataclasses import asdict

from codex_code_manage.jobs.order import Order
from codex_code_manage.jobs.service import Jobs
from codex_code_manage.languages.workers import Workers
from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.codemanage.v1 import code_manage_service_pb2_grpc as rpc
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.grpc.server import Context


class CodeManageServicer(rpc.CodeManageServiceServicer):
    def __init__(self, jobs: Jobs, workers: Workers) -> None:
        self._jobs = jobs
        self._workers = workers

    async def SubmitCode(self, request: pb.SubmitCodeRequest, context: Context) -> pb.SubmitCodeResponse:
        order = Order(
            kind=judging.KIND_SUBMIT,
            author=request.author,
            problem=request.problem,
            language=request.language,
            code=request.code,
            idempotency_key=request.idempotency_key,
        )
        accepted = await self._jobs.submit(order, wait=request.wait.ToTimedelta().total_seconds())
        return pb.SubmitCodeResponse(submission=accepted.submission, replayed=accepted.replayed)

    async def RunCode(self, request: pb.RunCodeRequest, context: Context) -> pb.RunCodeResponse:
        order = Order(
            kind=judging.KIND_RUN,
            author=request.author,
            problem=request.problem,
            language=request.language,
            code=request.code,
            tests=tuple(request.tests) or await self._jobs.public_tests(request.problem),
        )
        accepted = await self._jobs.run(order, wait=request.wait.ToTimedelta().total_seconds())
        return pb.RunCodeResponse(submission=accepted.submission)

    async def ExecuteCode(self, request: pb.ExecuteCodeRequest, context: Context) -> pb.ExecuteCodeResponse:
        order = Order(
            kind=judging.KIND_CUSTOM,
            author=request.author,
            language=request.language,
            code=request.code,
            tests=(judging.TestCase(input=request.stdin, public=True),),
        )
        accepted = await self._jobs.run(order, wait=request.wait.ToTimedelta().total_seconds())
        return pb.ExecuteCodeResponse(submission=accepted.submission)

    async def GetSubmission(self, request: pb.GetSubmissionRequest, context: Context) -> pb.GetSubmissionResponse:
        return pb.GetSubmissionResponse(submission=await self._jobs.get(request.id, request.author))

    async def ListLanguages(self, request: pb.ListLanguagesRequest, context: Context) -> pb.ListLanguagesResponse:
        return pb.ListLanguagesResponse(
            languages=[pb.Language(**asdict(language)) for language in self._workers.languages()]
        )
