"""Sessions in Redis: one hash each, gone with its session."""

from datetime import datetime
from typing import cast

from codex_collab import keys
from codex_collab.errors import SessionNotFound
from codex_collab.sessions.model import Session
from codex_service.redis import RedisClient


class SessionRepository:
    """Keeps sessions for ``keys.LIFETIME``, which every edit renews."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def add(self, session: Session) -> None:
        """Remember a session; raises what the client raises."""
        key = keys.session(session.id)
        async with self._redis.pipeline() as pipeline:
            pipeline.hset(
                key,
                mapping={
                    "owner": session.owner,
                    "problem": session.problem,
                    "language": session.language,
                    "invite_hash": session.invite_hash,
                    "created_at": session.created_at.isoformat(),
                },
            )
            pipeline.expire(key, keys.LIFETIME)
            await pipeline.execute()

    async def get(self, session_id: str) -> Session:
        """The session with this id; raises SessionNotFound."""
        stored = cast("dict[bytes, bytes]", await self._redis.hgetall(keys.session(session_id)))
        if not stored:
            raise SessionNotFound("there is no such session")
        fields = {name.decode(): value.decode() for name, value in stored.items()}
        return Session(
            id=session_id,
            owner=fields["owner"],
            problem=fields["problem"],
            language=fields["language"],
            invite_hash=fields["invite_hash"],
            created_at=datetime.fromisoformat(fields["created_at"]),
        )
