"""Live events of a job, for whoever watches it: a Redis stream, written beside the judge and never waited for by it."""

import asyncio
import json
from collections.abc import Mapping
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
    """Collects what happens to one job and writes it in batches; the last batch is the job's one Redis span."""

    def __init__(self, client: RedisClient, submission: str) -> None:
        self._client = client
        self._key = f"events:{submission}"
        self._waiting: list[dict[str, str]] = []
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._last: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._write_now_and_then(), name="progress")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.flush()

    def flush(self) -> asyncio.Task[None]:
        """Write what is left, beside whatever comes next; the same task at every call."""
        if self._last is None:
            self._last = asyncio.create_task(self._finish(), name="last progress")
        return self._last

    async def _finish(self) -> None:
        if self._task:
            async with self._writing:  # a cancellation amid a command can get lost in redis-py
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._write()

    def note(self, progress: Progress) -> None:
        """Remember an event; written soon."""
        if progress.outcome:
            self._add("test", _cost(progress.outcome))
        elif progress.stage in {Stage.COMPILING, Stage.RUNNING}:
            self._add("state", {"state": progress.stage.value})

    def _add(self, event: str, data: Mapping[str, object]) -> None:
        self._waiting.append({"event": event, "data": json.dumps(data)})
        self._news.set()

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._news.wait()
            async with self._writing:
                with quiet():
                    await self._write()

    async def _write(self) -> None:
        self._news.clear()
        events, self._waiting = self._waiting, []
        if not events:
            return
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
