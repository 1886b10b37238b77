"""UserService."""

from codex_auth_user.accounts.service import Accounts
from codex_auth_user.grpc.wire import user_id, user_to_wire
from codex_auth_user.progress.model import Achievement
from codex_auth_user.progress.repository import ProgressRepository
from codex_protos.authuser.v1 import user_pb2
from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1 import user_service_pb2_grpc as rpc
from codex_service.grpc.server import Context


class UserServicer(rpc.UserServiceServicer):
    def __init__(self, *, accounts: Accounts, progress: ProgressRepository) -> None:
        self._accounts = accounts
        self._progress = progress

    async def GetProfile(self, request: pb.GetProfileRequest, context: Context) -> pb.GetProfileResponse:
        profile = await self._accounts.profile(user_id(request.user_id))
        solved = user_pb2.Solved(easy=profile.solved.easy, medium=profile.solved.medium, hard=profile.solved.hard)
        return pb.GetProfileResponse(user=user_to_wire(profile.user), solved=solved, submissions=profile.submissions)

    async def UpdateProgress(self, request: pb.UpdateProgressRequest, context: Context) -> pb.UpdateProgressResponse:
        player = await self._progress.record(
            Achievement(user=user_id(request.user_id), problem=request.problem, difficulty=request.difficulty)
        )
        return pb.UpdateProgressResponse(username=player.username, country=player.country)
