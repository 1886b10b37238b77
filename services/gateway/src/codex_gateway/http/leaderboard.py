"""Boards."""

from typing import Annotated

from fastapi import APIRouter, Query

from codex_gateway.backends import DEADLINE
from codex_gateway.http.dependencies import Limit, TheBackends, TheGate, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.models.base import Country
from codex_gateway.models.leaderboard import Leaderboard
from codex_gateway.translate.leaderboard import leaderboard
from codex_protos.problem.v1 import leaderboard_service_pb2 as pb

router = APIRouter(prefix="/api/v1/user/leaderboard", tags=["leaderboards"])

_FAILURES = ("unauthenticated", "rate_limited", "dependency_unavailable")


@router.get("/global", responses=failures(*_FAILURES))
async def of_everybody(caller: TheUser, gate: TheGate, backends: TheBackends, limit: Limit = 20) -> Leaderboard:
    """The best of all."""
    await gate.read(caller)
    request = pb.GetGlobalLeaderboardRequest(caller=caller.user, limit=limit)
    return leaderboard(await backends.boards.GetGlobalLeaderboard(request, timeout=DEADLINE))


@router.get("/country", responses=failures(*_FAILURES))
async def of_a_country(
    caller: TheUser,
    gate: TheGate,
    backends: TheBackends,
    country: Annotated[Country, Query()],
    limit: Limit = 20,
) -> Leaderboard:
    """The best of a country."""
    await gate.read(caller)
    request = pb.GetCountryLeaderboardRequest(caller=caller.user, country=country, limit=limit)
    return leaderboard(await backends.boards.GetCountryLeaderboard(request, timeout=DEADLINE))
