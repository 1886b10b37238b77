"""The caller's own profile."""

from fastapi import APIRouter

from codex_gateway.backends import DEADLINE
from codex_gateway.http.dependencies import TheBackends, TheGate, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.models.auth import Profile
from codex_gateway.translate import users
from codex_protos.authuser.v1 import user_service_pb2 as pb

router = APIRouter(prefix="/api/v1/user", tags=["accounts"])


@router.get("/profile", responses=failures("unauthenticated", "rate_limited", "dependency_unavailable"))
async def profile(caller: TheUser, gate: TheGate, backends: TheBackends) -> Profile:
    """Who you are and what you have solved."""
    await gate.read(caller)
    answer = await backends.users.GetProfile(pb.GetProfileRequest(user_id=caller.user), timeout=DEADLINE)
    return users.profile(answer)
