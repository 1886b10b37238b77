"""The door: who somebody is is asked first, whether they were invited second."""

from codex_collab.sessions.service import Sessions
from codex_service.errors import Unauthenticated
from codex_service.redis import RedisClient
from codex_service.tokens import Identity, TokenVerifier


class Admission:
    """Lets in the holder of a valid access token who also holds the session's invite token."""

    def __init__(self, verifier: TokenVerifier, sessions: Sessions, redis: RedisClient) -> None:
        self._verifier = verifier
        self._sessions = sessions
        self._redis = redis

    async def admit(self, session_id: str, *, access_token: str, invite_token: str) -> Identity:
        """Who comes in.

        Raises:
            Unauthenticated: the access token is missing, forged, too old or logged out.
            SessionNotFound: there is no such session.
            NotInvited: the invite token is not this session's.
        """
        identity = await self._verifier.verify(access_token)
        if await self._redis.exists(f"revoked:{identity.session}"):
            raise Unauthenticated("the access token was logged out")
        await self._sessions.open(session_id, invite_token)
        return identity
