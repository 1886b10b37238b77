"""What a job needs to know of its problem: kept in Redis for ten minutes, else asked of the problem service."""

from typing import TYPE_CHECKING, Any

import structlog

from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_service import redis
from codex_service.grpc.deadline import time_left
from codex_service.redis import RedisClient

if TYPE_CHECKING:
    from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceAsyncStub

log = structlog.get_logger()

_KEPT_FOR = 600  # seconds: how old a problem may be after its file has changed


class ProblemMetadata:
    """Reads through a cache; without the cache it still works, only slower."""

    def __init__(self, cache: RedisClient, problems: "ProblemServiceAsyncStub") -> None:
        self._cache = cache
        self._problems = problems

    async def get(self, slug: str) -> pb.Problem:
        """The problem as people see it; raises what GetProblem answers, such as problem_not_found."""
        return await self._cached(slug) or await self.ask(slug)

    async def _cached(self, slug: str) -> pb.Problem | None:
        try:
            found: Any = await self._cache.get(key(slug))
        except redis.OUTAGES as error:
            log.warning("no cache", problem=slug, error=repr(error))
            return None
        return pb.Problem.FromString(found) if found else None

    async def ask(self, slug: str) -> pb.Problem:
        """Ask the problem service, and keep the answer."""
        answer = await self._problems.GetProblem(pb.GetProblemRequest(slug=slug), timeout=time_left(5.0))
        try:
            await self._cache.set(key(slug), answer.problem.SerializeToString(), ex=_KEPT_FOR)
        except redis.OUTAGES as error:
            log.warning("problem not cached", problem=slug, error=repr(error))
        return answer.problem


def key(slug: str) -> str:
    """Where a problem is kept."""
    return f"problem:{slug}"
