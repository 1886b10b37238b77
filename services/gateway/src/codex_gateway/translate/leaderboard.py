"""Boards."""

from collections.abc import Iterable

from codex_gateway.models.leaderboard import Entry, Leaderboard
from codex_protos.problem.v1 import leaderboard_service_pb2 as pb


def leaderboard(message: pb.GetGlobalLeaderboardResponse | pb.GetCountryLeaderboardResponse) -> Leaderboard:
    rows: Iterable[pb.LeaderboardEntry] = message.entries
    return Leaderboard(items=[_entry(row) for row in rows], me=_entry(message.me) if message.HasField("me") else None)


def _entry(row: pb.LeaderboardEntry) -> Entry:
    return Entry(rank=row.rank, username=row.username, country=row.country or None, score=row.score, solved=row.solved)
