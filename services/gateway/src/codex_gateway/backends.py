"""The services behind the gateway."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from codex_gateway.settings import Settings
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceStub
from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import CodeManageServiceStub
from codex_protos.collab.v1.collab_service_pb2_grpc import CollabServiceStub
from codex_protos.problem.v1.leaderboard_service_pb2_grpc import LeaderboardServiceStub
from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceStub
from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceStub
from codex_service import Telemetry
from codex_service.grpc.client import connect, ping
from codex_service.health import Probe

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub
    from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceAsyncStub
    from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import CodeManageServiceAsyncStub
    from codex_protos.collab.v1.collab_service_pb2_grpc import CollabServiceAsyncStub
    from codex_protos.problem.v1.leaderboard_service_pb2_grpc import LeaderboardServiceAsyncStub
    from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceAsyncStub
    from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceAsyncStub

# Seconds that a service gets for an answer; one that waits for a verdict gets them on top of the wait.
DEADLINE: Final = 5.0

AUTH_USER: Final = "auth-user-service"

_USERS: Final = "codex.authuser.v1.UserService"
_LOOKS: Final = (
    "codex.codemanage.v1.CodeManageService/GetSubmission",
    "codex.codemanage.v1.CodeManageService/ListLanguages",
)
_CATALOGUE: Final = (
    "codex.problem.v1.ProblemService",
    "codex.problem.v1.SubmissionService",
    "codex.problem.v1.LeaderboardService",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """A stub for each service, and a probe for each process."""

    auth: "AuthServiceAsyncStub"
    users: "UserServiceAsyncStub"
    problems: "ProblemServiceAsyncStub"
    submissions: "SubmissionServiceAsyncStub"
    boards: "LeaderboardServiceAsyncStub"
    manage: "CodeManageServiceAsyncStub"
    collab: "CollabServiceAsyncStub"
    probes: Mapping[str, Probe]


@asynccontextmanager
async def connect_backends(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Backends]:
    """Channels to all of them; a service that is down is no obstacle."""
    reach = partial(connect, telemetry=telemetry, tls=settings.tls)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        auth_user = await enter(reach(settings.auth_user_target, repeatable=[_USERS]))
        problem = await enter(reach(settings.problem_target, repeatable=_CATALOGUE))
        manage = await enter(reach(settings.code_manage_target, repeatable=_LOOKS))
        collab = await enter(reach(settings.collab_target))
        yield Backends(
            auth=AuthServiceStub(auth_user),
            users=UserServiceStub(auth_user),
            problems=ProblemServiceStub(problem),
            submissions=SubmissionServiceStub(problem),
            boards=LeaderboardServiceStub(problem),
            manage=CodeManageServiceStub(manage),
            collab=CollabServiceStub(collab),
            probes={
                AUTH_USER: partial(ping, auth_user),
                "problem-service": partial(ping, problem),
                "code-manage-service": partial(ping, manage),
                "collab-service": partial(ping, collab),
            },
        )
