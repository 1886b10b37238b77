"""Progress in PostgreSQL: one row for each user and problem, for ever."""

from codex_auth_user.errors import UserNotFound
from codex_auth_user.progress.model import Achievement, Player
from codex_service.postgres import Pool

_RECORD = """
WITH player AS (
    SELECT id, username, country FROM users WHERE id = $1
), recorded AS (
    INSERT INTO progress (user_id, problem, difficulty) SELECT id, $2, $3 FROM player
    ON CONFLICT (user_id, problem) DO NOTHING
)
SELECT username, country FROM player
"""


class ProgressRepository:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def record(self, achievement: Achievement) -> Player:
        """Record a solved problem, once however often it is called, and say whose it is; raises UserNotFound."""
        row = await self._pool.fetchrow(_RECORD, achievement.user, achievement.problem, achievement.difficulty)
        if row is None:
            raise UserNotFound(f"there is no user {achievement.user}")
        return Player(username=row["username"], country=row["country"])
