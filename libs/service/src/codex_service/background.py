"""Tasks beside the answer's way, each with an owner that waits for it at the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

import structlog

from codex_service.errors import ServiceError
from codex_service.grpc.deadline import without_deadline

log = structlog.get_logger()


async def ended(tasks: Iterable[asyncio.Task[Any]], *, within: float = 5.0) -> None:
    """Cancel tasks until they have ended: a library may lose a cancellation (redis-py 8.1 does, amid a command)."""
    running = {task for task in tasks if not task.done()}
    deadline = time.monotonic() + within
    while running and time.monotonic() < deadline:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.2)
    if running:
        log.error("tasks do not end", tasks=sorted(task.get_name() for task in running))


class Background:
    """Owns tasks that outlive the call which started them.

    A task sees the context of its caller, so that its spans belong to the same trace, but not the caller's deadline.
    At most ``limit`` run at once; more wait inside ``spawn``'s task, so memory is the only thing a burst costs.
    """

    def __init__(self, *, limit: int = 64, grace: float = 5.0) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(limit)
        self._grace = grace

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._grace)
            await ended(late)

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Run ``work`` soon. Its failure is logged: whatever must not be lost needs a sweep of its own."""
        task = asyncio.create_task(self._run(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, work: Coroutine[Any, Any, object], name: str) -> None:
        try:
            async with self._room:
                with without_deadline():
                    await work
        except Exception:
            log.exception("background work failed", work=name)


class Periodic:
    """Calls ``work`` every ``interval`` seconds until it is stopped; a failure is logged and the next turn comes."""

    def __init__(self, work: Callable[[], Awaitable[object]], *, interval: float, name: str) -> None:
        self._work = work
        self._interval = interval
        self._name = name
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._loop(), name=self._name)

    async def stop(self, grace: float) -> None:  # noqa: ARG002 (a turn is safe to cut off: the next one repeats it)
        if self._task:
            await ended([self._task])

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self._work()
            except ServiceError as error:
                log.warning("periodic work failed", work=self._name, error=error.message)
            except Exception:
                log.exception("periodic work failed", work=self._name)
