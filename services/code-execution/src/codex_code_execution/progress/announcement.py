"""The worker says in Redis that it lives and what it can run; silence for 15 seconds means that it is gone."""

import json

from codex_code_execution.languages.catalogue import Language
from codex_code_execution.sandbox.pool import Sandbox
from codex_service.redis import RedisClient
from codex_telemetry import metrics

_LIVES_FOR = 15  # seconds


class Announcement:
    """Languages, tier and free slots of this worker."""

    def __init__(self, client: RedisClient, worker: str, sandbox: Sandbox) -> None:
        self._client = client
        self._worker = worker
        self._sandbox = sandbox
        self._slots: dict[str, int] = {}
        metrics.watch_sandbox_slots(self._slots)

    async def renew(self) -> None:
        """Say it again."""
        sandbox = self._sandbox
        self._slots |= {"free": sandbox.free, "busy": sandbox.slots - sandbox.free}
        content = {
            "tier": sandbox.tier,
            "slots": sandbox.slots,
            "free": sandbox.free,
            "languages": [_public(language) for language in sandbox.languages],
        }
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.set(f"worker:{self._worker}", json.dumps(content), ex=_LIVES_FOR)
            pipe.sadd("workers", self._worker)
            await pipe.execute()

    async def withdraw(self) -> None:
        """Say goodbye."""
        await self._client.delete(f"worker:{self._worker}")


def _public(language: Language) -> dict[str, object]:
    return {
        "id": language.id,
        "name": language.name,
        "version": language.version,
        "function_harness": language.function_harness,
    }
