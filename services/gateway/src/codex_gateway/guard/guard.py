"""The one call to Redis that every request makes: limit, revoked sessions, idempotency keys."""

from dataclasses import dataclass
from importlib.resources import files

import structlog
from redis.exceptions import RedisError

from codex_gateway.guard.limits import Allowance, Limit
from codex_service.errors import DependencyUnavailable
from codex_service.idempotency import body_hash
from codex_service.redis import RedisClient, Script

log = structlog.get_logger()

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An idempotency key and what was sent with it."""

    user: str
    key: str
    digest: str

    @staticmethod
    def of(user: str, key: str, *, problem: str, language: str, code: str) -> "Claim":
        return Claim(user=user, key=key, digest=body_hash(problem, language, code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the guard found. ``retry_after`` in seconds, when not admitted; ``recorded`` is the digest of the key."""

    admitted: bool
    revoked: bool
    allowance: Allowance
    retry_after: float
    recorded: str


class Guard:
    """Decides in Redis, so that all replicas of the gateway count together."""

    def __init__(self, redis: RedisClient) -> None:
        self._admit = Script(redis, files(__package__).joinpath("admit.lua").read_text())

    async def load(self) -> None:
        """Teach Redis the script, so that the first request doesn't have to."""
        await self._admit.load()

    async def ask(self, limit: Limit, subject: str, *, session: str = "", claim: Claim | None = None) -> Ruling:
        """Take a token of ``subject``'s bucket, unless the session was revoked.

        Raises:
            DependencyUnavailable: Redis did not answer. Nobody passes unseen.
        """
        keys = [
            f"rate:{limit.name}:{subject}",
            f"revoked:{session}" if session else "",
            f"idempotency:{claim.user}:{claim.key}" if claim else "",
        ]
        try:
            answer = await self._admit(keys, [round(limit.interval * _MICROSECONDS), limit.burst])
        except RedisError as error:
            log.warning("the guard cannot ask", error=repr(error))
            raise DependencyUnavailable("the platform cannot check the request at the moment") from error
        return _ruling(limit, answer)


def _ruling(limit: Limit, answer: tuple[int, int, int, int, int, bytes]) -> Ruling:
    admitted, remaining, reset, missing, revoked, recorded = answer
    return Ruling(
        admitted=bool(admitted),
        revoked=bool(revoked),
        allowance=Allowance(limit=limit.burst, remaining=remaining, reset=reset / _MICROSECONDS),
        retry_after=missing / _MICROSECONDS,
        recorded=recorded.decode(),
    )
