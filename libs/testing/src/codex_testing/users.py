"""The auth-user service as the problem service sees it."""

from functools import partial
from typing import Any

import grpc

from codex_protos.authuser.v1 import user_pb2 as user_pb
from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1 import user_service_pb2_grpc as rpc
from codex_testing.services import Neighbour


class Users(rpc.UserServiceServicer):
    """Knows everybody by a name made of the id, except those who are ``gone``; remembers all progress."""

    def __init__(self) -> None:
        self.countries: dict[str, str] = {}
        self.gone: set[str] = set()
        self.progress: list[tuple[str, str, str]] = []
        self.neighbour = Neighbour(partial(rpc.add_UserServiceServicer_to_server, self))

    async def GetProfile(  # noqa: N802 (gRPC's name)
        self,
        request: pb.GetProfileRequest,
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002 (gRPC gives it)
    ) -> pb.GetProfileResponse:
        return pb.GetProfileResponse(user=user_pb.User(id=request.user_id, username=name_of(request.user_id)))

    async def UpdateProgress(  # noqa: N802 (gRPC's name)
        self, request: pb.UpdateProgressRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.UpdateProgressResponse:
        if request.user_id in self.gone:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such user")
        self.progress.append((request.user_id, request.problem, request.difficulty))
        return pb.UpdateProgressResponse(
            username=name_of(request.user_id), country=self.countries.get(request.user_id, "")
        )


def name_of(user: str) -> str:
    """What the boards call a user."""
    return f"name of {user}"
