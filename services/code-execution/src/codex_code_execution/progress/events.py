"""Live events of a job, for whoever watches it: a Redis stream, written beside the judge and never waited for by it."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from contextvars import copy_context
from types import TracebackType
from typing import Self

import structlog

from codex_code_execution.judging.model import TestOutcome
from codex_code_execution.judging.progress import Progress, Stage
from codex_service import redis
from codex_service.redis import RedisClient
from codex_telemetry import quiet

log = structlog.get_logger()

KEPT_FOR = 15 * 60  # seconds
_EVENTS_KEPT = 500
_PAUSE = 0.05  # seconds between two writes: a job of a few milliseconds is one write


class ProgressEvents:
    """Collects what happens to one job and writes it in batches; the last batch is the job's one Redis span.

    Nothing here is ever cancelled: redis-py can lose a cancellation that comes amid a command.
    """

    def __init__(self, client: RedisClient, submission: str) -> None:
        self._client = client
        self._key = f"events:{submission}"
        self._waiting: list[dict[str, str]] = []
        self._over = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._context = copy_context()  # so that writes belong to the job, whatever span notes the event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish()
        if self._writer:
            await self._writer

    def finish(self) -> None:
        """Write what is left now, beside whatever comes next."""
        self._over.set()

    def note(self, progress: Progress) -> None:
        """Remember an event; written soon."""
        if progress.outcome:
            self._add("test", _cost(progress.outcome))
        elif progress.stage in {Stage.COMPILING, Stage.RUNNING}:
            self._add("state", {"state": progress.stage.value})

    def _add(self, event: str, data: Mapping[str, object]) -> None:
        self._waiting.append({"event": event, "data": json.dumps(data)})
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon(), name="progress", context=self._context)

    async def _write_soon(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._over.wait()
            with nullcontext() if self._over.is_set() else quiet():
                await self._write()

    async def _write(self) -> None:
        events, self._waiting = self._waiting, []
        try:
            async with self._client.pipeline(transaction=False) as pipe:
                for event in events:
                    pipe.xadd(self._key, event, maxlen=_EVENTS_KEPT, approximate=True)  # type: ignore[arg-type]
                pipe.expire(self._key, KEPT_FOR)
                await pipe.execute()
        except redis.OUTAGES as error:
            log.warning("progress not shown", error=repr(error))


def _cost(outcome: TestOutcome) -> dict[str, object]:
    return {
        "index": outcome.index,
        "verdict": outcome.verdict.value,
        "cpu_time": outcome.cpu_time,
        "wall_time": outcome.wall_time,
        "memory_peak": outcome.memory_peak,
        "public": outcome.public,
    }
