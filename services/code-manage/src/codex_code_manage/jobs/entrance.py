"""Where jobs come in: what is known of their problem, and whether their author has many others on the way."""

import time
from dataclasses import dataclass
from importlib.resources import files

import structlog

from codex_code_manage.problems.metadata import ProblemMetadata, key
from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_service import redis
from codex_service.redis import RedisClient, Script

log = structlog.get_logger()

COUNTS_FOR = 120  # seconds: an entry whose result was lost stops counting
NOT_A_PROBLEM = pb.Problem()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``crowded``: the author has had the share of the front topic, so the job goes to the one for the overflow."""

    problem: pb.Problem
    crowded: bool


class Entrance:
    """Counts in Redis, so that all replicas count together. Without Redis nobody is crowded."""

    def __init__(self, client: RedisClient, problems: ProblemMetadata, *, share: int) -> None:
        self._client, self._problems, self._share = client, problems, share
        self._enter = Script(client, files(__package__).joinpath("enter.lua").read_text())

    async def load(self) -> None:
        """Teach Redis the script, so that the first job doesn't have to."""
        await self._enter.load()

    async def enter(self, *, author: str, id: str, problem: str) -> Entry:
        """Count a job in, and look up its problem (empty: none); raises problem_not_found."""
        try:
            count, found = await self._enter([key(problem), outstanding(author)], [id, int(time.time()), COUNTS_FOR])
        except redis.OUTAGES as error:
            log.warning("no entrance", error=repr(error))
            count, found = 0, b""
        known = pb.Problem.FromString(found) if found else NOT_A_PROBLEM
        if problem and not found:
            known = await self._problems.ask(problem)
        return Entry(problem=known, crowded=count > self._share)

    async def leave(self, *, author: str, id: str) -> None:
        """A job that was not accepted after all counts no more."""
        await self._client.zrem(outstanding(author), id)


def outstanding(author: str) -> str:
    """The key of what an author has on the way."""
    return f"outstanding:{author}"
