"""What is recorded of a submission, which is the truth about its verdict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import structlog

from codex_gateway.backends import DEADLINE
from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_telemetry import quiet

if TYPE_CHECKING:
    from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import CodeManageServiceAsyncStub

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One submission, as its author may see it."""

    manage: "CodeManageServiceAsyncStub"
    id: str
    author: str

    async def get(self) -> judging.Submission:
        """The submission; raises what the call raises, for other people's too."""
        request = pb.GetSubmissionRequest(id=self.id, author=self.author)
        return (await self.manage.GetSubmission(request, timeout=DEADLINE)).submission

    async def judged(self) -> judging.Submission | None:
        """The submission if it has its verdict; None, too, when nobody can say at the moment."""
        try:
            with quiet():
                found = await self.get()
        except grpc.aio.AioRpcError as error:
            log.warning("a watched submission cannot be looked up", status=error.code().name)
            return None
        return found if found.HasField("judgement") else None
