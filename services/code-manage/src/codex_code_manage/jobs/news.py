"""News from other replicas: one subscription, and a look at what was missed after each break of it."""

import asyncio

import structlog

from codex_code_manage.jobs.store import CHANNEL, ID_LENGTH, JobStore
from codex_code_manage.jobs.waiters import Waiters
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service import redis
from codex_service.background import ended
from codex_service.redis import RedisClient

log = structlog.get_logger()


class News:
    """Tells this replica's waiters what another replica has consumed."""

    def __init__(self, client: RedisClient, waiters: Waiters, store: JobStore) -> None:
        self._client = client
        self._waiters = waiters
        self._store = store
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen_for_ever(), name="news")

    async def stop(self, grace: float) -> None:  # noqa: ARG002 (there is nothing to finish)
        if self._task:
            await ended([self._task])

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except redis.OUTAGES as error:
                log.warning("no news from other replicas", error=repr(error))
            except Exception:
                log.exception("news failed")
            await asyncio.sleep(0.2)

    async def _listen(self) -> None:
        async with self._client.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(CHANNEL)
            await self._catch_up()
            while True:
                message = await subscription.get_message(timeout=30.0)
                if message:
                    self._hear(message["data"])

    def _hear(self, published: bytes) -> None:
        if self._waiters.expected(published[:ID_LENGTH].decode()):
            self._waiters.tell(judging.Submission.FromString(published[ID_LENGTH:]))

    async def _catch_up(self) -> None:
        for submission in await self._store.get_all(self._waiters.waited_for()):
            if submission.HasField("judgement"):
                self._waiters.tell(submission)
