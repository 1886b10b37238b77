"""Who leads, and where the caller stands."""

import asyncio
from dataclasses import dataclass

from codex_problem.leaderboard.board import Board, Row
from codex_problem.scoring.service import Scoring
from codex_service.errors import InvalidRequest

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The top of a board and the caller's own row, None without a score."""

    rows: list[Row]
    me: Row | None


class Leaderboards:
    """Boards that mend themselves: one that Redis has lost is made anew when somebody looks."""

    def __init__(self, board: Board, scoring: Scoring) -> None:
        self._board = board
        self._scoring = scoring
        self._rebuilding = asyncio.Lock()

    async def standing(self, *, caller: str, country: str = "", limit: int) -> Standing:
        """The first ``limit`` rows of the world's board or a country's; raises InvalidRequest."""
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidRequest(f"limit must be 1 to {MAX_LIMIT}", field="limit")
        await self.mend()
        rows = await self._board.top(country=country, limit=limit)
        return Standing(rows=rows, me=await self._board.row_of(caller, country=country))

    async def mend(self) -> None:
        """Rebuild the boards unless they are whole."""
        if await self._board.whole():
            return
        async with self._rebuilding:
            if not await self._board.whole():
                await self._scoring.rebuild_board()
