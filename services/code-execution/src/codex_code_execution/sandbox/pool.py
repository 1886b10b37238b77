"""Slots are kept: tested before they are used, lent to one job at a time, replaced when they end."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import structlog

from codex_code_execution.languages.catalogue import Language
from codex_code_execution.sandbox.config import SandboxConfig
from codex_code_execution.sandbox.errors import SandboxError, SandboxTooWeak
from codex_code_execution.sandbox.selftest import attack
from codex_code_execution.sandbox.slot import Slot

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
REFUSED = "codex-runner: isolation: "  # how a runner's complaint begins when the machine refuses what isolation takes

Start = Callable[[], Awaitable[Slot]]

log = structlog.get_logger()


class Sandbox(ABC):
    """A pool of slots. An async context manager; entering it waits until programs can be judged.

    ``tier`` says how slots are isolated: ``userns`` by namespaces; ``landlock``, weaker, where the machine refuses them
    and the settings bear it; ``rlimits`` when something got through in a self-test, and the settings bear that.
    ``languages`` are those that were found to work in a slot.
    """

    backend: ClassVar[str]

    def __init__(self, config: SandboxConfig) -> None:
        self.languages: tuple[Language, ...] = ()
        self.tier = "userns"
        self._common = config
        self._slots: set[Slot] = set()
        self._free: set[Slot] = set()
        self._queue: asyncio.Queue[Slot] = asyncio.Queue()  # the free ones, and some that ended meanwhile
        self._tasks: set[asyncio.Task[None]] = set()
        self._hopes: set[object] = set()  # one for each slot that is being replaced, until that fails
        self._reason = ""  # why a slot could not be started lately

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._close_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close_all()

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self._slots)

    @property
    def free(self) -> int:
        """How many slots wait for a job."""
        return len(self._free)

    @property
    def healthy(self) -> bool:
        """Whether jobs can be expected to be judged: a slot is alive, or being replaced at the first attempt."""
        return bool(self._hopes) or any(slot.alive for slot in self._slots)

    @property
    def work_dir(self) -> Path:
        """Where compiled programs are kept."""
        return self._common.work_dir

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """A free slot for one job, waited for without a deadline: the caller bounds how many wait.

        A slot whose job did not come to its end is thrown away and replaced.
        """
        slot = await self._next()
        try:
            yield slot
        except BaseException:
            slot.retired.set()
            raise
        slot.end_job()
        if slot.jobs >= self._common.recycle_after:
            slot.retired.set()
        elif not slot.retired.is_set():
            self._release(slot)

    @abstractmethod
    async def _open(self) -> None:
        """Have slots kept, and find out what they can run."""

    def _keep(self, start: Start, slot: Slot | None = None) -> None:
        """See to it that there is a slot of this kind from now on; ``slot`` is the first one."""
        if slot is not None:
            self._release(slot)
        self._own(self._keeping(start, slot))

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        """Have work done that ends with the pool."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(_tell)

    async def _keeping(self, start: Start, slot: Slot | None) -> None:
        hope = object()
        try:
            while True:
                if slot is None:
                    slot = await self._started(start, hope)
                    self._hopes.discard(hope)
                    self._release(slot)
                await slot.retired.wait()
                self._hopes.add(hope)
                self._free.discard(slot)
                await self._close(slot)
                slot = None
        finally:
            self._hopes.discard(hope)

    async def _started(self, start: Start, hope: object) -> Slot:
        """A slot at last, however long it takes. What keeps it from starting is logged when it changes."""
        pause, reason = FIRST_PAUSE, ""
        while True:
            try:
                return await start()
            except (SandboxError, OSError) as error:
                if reason != str(error):
                    log.warning("sandbox slot could not be started", reason=str(error))
                reason = self._reason = str(error)
            self._hopes.discard(hope)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _proven(self, slot: Slot, *, shared: bool = False) -> Slot:
        """Have a new slot attacked. What it lets through is tolerated, if at all, at the price of the tier's name."""
        self._slots.add(slot)
        try:
            await attack(slot, shared=shared)
        except SandboxTooWeak as error:
            if not self._common.allow_weak:
                await self._close(slot)
                raise
            self.tier = "rlimits"
            log.warning("the sandbox is weak", reason=str(error))
        except BaseException:
            await self._close(slot)
            raise
        return slot

    async def _next(self) -> Slot:
        while (slot := await self._queue.get()) not in self._free:
            pass
        self._free.discard(slot)
        return slot

    def _release(self, slot: Slot) -> None:
        self._free.add(slot)
        self._queue.put_nowait(slot)

    async def _close(self, slot: Slot) -> None:
        self._slots.discard(slot)
        if complaint := await slot.close():
            log.warning("sandbox slot ended", reason=complaint)

    async def _close_all(self) -> None:
        """Jobs that still run lose their slots now, and get no others."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._hopes.clear()
        self._free.clear()
        await asyncio.gather(*[self._close(slot) for slot in list(self._slots)])


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a task of the sandbox failed", exc_info=error)
