"""What is asked of the problem service."""

from uuid import UUID

import grpc

from codex_protos.problem.v1 import submission_service_pb2 as pb
from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceStub
from codex_service.grpc.deadline import time_left
from codex_service.grpc.errors import from_rpc_error

_PATIENCE = 3.0  # seconds


class SubmissionCounter:
    """Counts a user's submissions."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = SubmissionServiceStub(channel)

    async def __call__(self, user: UUID) -> int:
        """How many there are; raises DependencyUnavailable or DeadlineExceeded when the answer can't be had."""
        request = pb.CountSubmissionsRequest(author=str(user))
        try:
            answer = await self._stub.CountSubmissions(request, timeout=time_left(_PATIENCE))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "the problem service") from error
        return answer.count
