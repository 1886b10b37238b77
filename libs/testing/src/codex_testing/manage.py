"""The code-manage service as its callers use it, in fewer words."""

from typing import TYPE_CHECKING

import grpc
from google.protobuf.duration_pb2 import Duration

from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import CodeManageServiceStub
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.problem import EASY

if TYPE_CHECKING:
    from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import CodeManageServiceAsyncStub


class ManageClient:
    """Calls get their wait and five seconds more, as the gateway gives them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.stub: CodeManageServiceAsyncStub = CodeManageServiceStub(channel)

    async def submit(
        self,
        author: str,
        problem: str = EASY,
        *,
        language: str = "python",
        code: str = "pass",
        key: str = "",
        wait: float = 10.0,
    ) -> pb.SubmitCodeResponse:
        request = pb.SubmitCodeRequest(
            author=author, problem=problem, language=language, code=code, idempotency_key=key, wait=_duration(wait)
        )
        return await self.stub.SubmitCode(request, timeout=wait + 5)

    async def run(
        self, author: str, *tests: judging.TestCase, problem: str = EASY, wait: float = 10.0
    ) -> judging.Submission:
        request = pb.RunCodeRequest(
            author=author, problem=problem, language="python", code="pass", tests=tests, wait=_duration(wait)
        )
        return (await self.stub.RunCode(request, timeout=wait + 5)).submission

    async def execute(self, author: str, stdin: str, *, wait: float = 10.0) -> judging.Submission:
        request = pb.ExecuteCodeRequest(
            author=author, language="python", code="pass", stdin=stdin, wait=_duration(wait)
        )
        return (await self.stub.ExecuteCode(request, timeout=wait + 5)).submission

    async def get(self, id: str, author: str) -> judging.Submission:
        return (await self.stub.GetSubmission(pb.GetSubmissionRequest(id=id, author=author), timeout=5)).submission

    async def judged(self, id: str, author: str) -> judging.Submission | None:
        """The submission if it has its verdict."""
        submission = await self.get(id, author)
        return submission if submission.HasField("judgement") else None


def _duration(seconds: float) -> Duration:
    return Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
