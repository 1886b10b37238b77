"""Jobs in Redis: run and custom ones live here alone, judged submissions pass through on their way to waiters."""

from typing import Any

from codex_code_manage.jobs.entrance import outstanding
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.redis import RedisClient

ID_LENGTH = 36  # what stands before a published submission, so that those who don't wait for it need not read on
KEPT_FOR = 15 * 60  # seconds; run and custom jobs are documented as not kept longer
CHANNEL = "judged"
_EVENTS_KEPT = 500


class JobStore:
    """Serialized submissions by id, with their author inside. Never the only copy of a submission that counts."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def put(self, submission: judging.Submission) -> None:
        """Keep a pending run or custom job."""
        await self._redis.set(_key(submission.id), submission.SerializeToString(), ex=KEPT_FOR)

    async def get(self, id: str) -> judging.Submission | None:
        """A job that is still kept."""
        found: Any = await self._redis.get(_key(id))
        return judging.Submission.FromString(found) if found else None

    async def get_all(self, ids: list[str]) -> list[judging.Submission]:
        """Those of many that are kept."""
        found: Any = await self._redis.mget([_key(id) for id in ids]) if ids else []
        return [judging.Submission.FromString(each) for each in found if each]

    async def judged(self, submission: judging.Submission) -> None:
        """Keep a judged job, tell every replica, close its stream of events, count it out: one round trip."""
        content = submission.SerializeToString()
        events = f"events:{submission.id}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(_key(submission.id), content, ex=KEPT_FOR)
            pipe.publish(CHANNEL, submission.id.encode() + content)
            pipe.xadd(events, {"event": "verdict"}, maxlen=_EVENTS_KEPT, approximate=True)
            pipe.expire(events, KEPT_FOR)
            pipe.zrem(outstanding(submission.author), submission.id)
            await pipe.execute()

    async def remember_key(self, *, author: str, key: str, body: str) -> None:
        """Let the gateway see which body an idempotency key came with, before anything else is asked."""
        await self._redis.set(f"idempotency:{author}:{key}", body, ex=24 * 3600)


def _key(id: str) -> str:
    return f"job:{id}"
