"""Leaderboards in Redis: a sorted set for the world and one for each country, a row of facts for each player.

Redis may lose them: they hold nothing that the ledger does not. A marker says that they are whole.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from codex_problem.scoring.ledger import Total
from codex_service.redis import RedisClient

_GLOBAL = "board:global"
_PLAYERS = "board:players"
_WHOLE = "board:whole"
# Sorted by score, then by who reached it earlier: seconds until the year 2286 are the fraction below a point.
_SPAN = 10_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Who stands on a board. ``country`` is empty for those who gave none."""

    user: str
    username: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place on a board, ranks from 1."""

    rank: int
    player: Player
    score: int
    solved: int


class Board:
    """Reads and writes the boards."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def place(self, player: Player, total: Total) -> None:
        """Put a player where the total belongs, in one round trip; may be repeated."""
        await self._write([(player, total)])

    async def rebuild(self, players: list[tuple[Player, Total]]) -> None:
        """Place everybody, then say that the boards are whole."""
        await self._write(players)
        await self._redis.set(_WHOLE, datetime.now(UTC).isoformat())

    async def whole(self) -> bool:
        """False after Redis has lost the boards."""
        return bool(await self._redis.exists(_WHOLE))

    async def _write(self, players: list[tuple[Player, Total]]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for player, total in players:
                weight = total.score * _SPAN + _SPAN - int(total.reached_at.timestamp())
                pipe.zadd(_GLOBAL, {player.user: weight})
                pipe.hset(_PLAYERS, player.user, _row(player, total))
                if player.country:
                    pipe.zadd(_of_country(player.country), {player.user: weight})
            await pipe.execute()

    async def top(self, *, country: str, limit: int) -> list[Row]:
        """The first ``limit`` rows of the world's board, or of a country's."""
        users: Any = await self._redis.zrevrange(_key(country), 0, limit - 1)
        return await self._rows(users, first_rank=1)

    async def row_of(self, user: str, *, country: str) -> Row | None:
        """One player's row; None for somebody who isn't on that board."""
        rank: Any = await self._redis.zrevrank(_key(country), user)
        if rank is None:
            return None
        return (await self._rows([user.encode()], first_rank=rank + 1))[0]

    async def _rows(self, users: list[bytes], *, first_rank: int) -> list[Row]:
        if not users:
            return []
        facts: Any = await self._redis.hmget(_PLAYERS, users)
        ranked = zip(range(first_rank, first_rank + len(users)), users, facts, strict=True)
        return [_parsed(rank, user.decode(), fact) for rank, user, fact in ranked if fact]


def _key(country: str) -> str:
    return _of_country(country) if country else _GLOBAL


def _of_country(country: str) -> str:
    return f"board:country:{country}"


def _row(player: Player, total: Total) -> str:
    return json.dumps([player.username, player.country, total.score, total.solved])


def _parsed(rank: int, user: str, fact: bytes) -> Row:
    username, country, score, solved = json.loads(fact)
    return Row(rank=rank, player=Player(user=user, username=username, country=country), score=score, solved=solved)
