"""Sessions whose access tokens no longer count, as the gateway reads them: ``revoked:{sid}`` in Redis."""

from uuid import UUID

from codex_service.redis import RedisClient


class Revocations:
    """Remembers a revoked session for ``lifetime`` seconds: by then its last access token has expired."""

    def __init__(self, redis: RedisClient, *, lifetime: int) -> None:
        self._redis = redis
        self._lifetime = lifetime

    async def revoke(self, session: UUID) -> None:
        await self._redis.set(f"revoked:{session}", b"1", ex=self._lifetime)
