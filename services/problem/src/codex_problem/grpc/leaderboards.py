"""LeaderboardService."""

from codex_problem.leaderboard.board import Row
from codex_problem.leaderboard.service import Leaderboards
from codex_protos.problem.v1 import leaderboard_service_pb2 as pb
from codex_protos.problem.v1 import leaderboard_service_pb2_grpc as rpc
from codex_service.grpc.server import Context


class LeaderboardServicer(rpc.LeaderboardServiceServicer):
    def __init__(self, leaderboards: Leaderboards) -> None:
        self._leaderboards = leaderboards

    async def GetGlobalLeaderboard(
        self, request: pb.GetGlobalLeaderboardRequest, context: Context
    ) -> pb.GetGlobalLeaderboardResponse:
        standing = await self._leaderboards.standing(caller=request.caller, limit=request.limit)
        return pb.GetGlobalLeaderboardResponse(
            entries=[_entry(row) for row in standing.rows], me=_entry(standing.me) if standing.me else None
        )

    async def GetCountryLeaderboard(
        self, request: pb.GetCountryLeaderboardRequest, context: Context
    ) -> pb.GetCountryLeaderboardResponse:
        standing = await self._leaderboards.standing(
            caller=request.caller, country=request.country, limit=request.limit
        )
        return pb.GetCountryLeaderboardResponse(
            entries=[_entry(row) for row in standing.rows], me=_entry(standing.me) if standing.me else None
        )


def _entry(row: Row) -> pb.LeaderboardEntry:
    return pb.LeaderboardEntry(
        rank=row.rank,
        username=row.player.username,
        country=row.player.country,
        score=row.score,
        solved=row.solved,
    )
