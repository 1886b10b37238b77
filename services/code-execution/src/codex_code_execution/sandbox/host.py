"""Slots as processes of this machine."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from codex_code_execution.languages.catalogue import Language, candidates
from codex_code_execution.languages.probe import usable
from codex_code_execution.sandbox.belongings import Belongings, Storage
from codex_code_execution.sandbox.config import SandboxConfig
from codex_code_execution.sandbox.errors import (
    IsolationRefused,
    RunnerNotBuilt,
    SandboxError,
    SandboxTooWeak,
    SandboxUnavailable,
)
from codex_code_execution.sandbox.interpreter import find_python, outside_of_usr
from codex_code_execution.sandbox.selftest import attack
from codex_code_execution.sandbox.slot import Slot

LONGEST_PAUSE = 5.0
REFUSED = "codex-runner: isolation: "
HINT = (
    "Programs are isolated by user namespaces, which this machine seems to refuse. On Ubuntu: "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0; elsewhere: sysctl user.max_user_namespaces=65536"
)

log = structlog.get_logger()


class HostSandbox:
    """A pool of slots on this machine. An async context manager.

    ``tier`` says how slots are isolated: ``userns`` by namespaces; ``landlock``, weaker, where the machine refuses them
    and the settings bear it; ``rlimits`` when something got through in a self-test, and the settings bear that.
    """

    backend = "host"

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._python = Path()
        self._storage: Storage
        self._all: dict[Slot, Belongings] = {}
        self._idle: asyncio.Queue[Slot] = asyncio.Queue()
        self._replacing: set[asyncio.Task[None]] = set()
        self._closing = False
        self.languages: tuple[Language, ...] = ()
        self.tier = "userns"
        self._shared = False  # slots have no world of their own

    async def __aenter__(self) -> Self:
        """Start all slots and find out what they can run.

        Raises:
            RunnerNotBuilt: there is no runner at the configured path.
            IsolationRefused: this machine refuses what isolation needs.
            SandboxTooWeak: a slot failed its self-test.
            SandboxUnavailable: a slot could not be started for another reason.
        """
        config = self._config
        if not os.access(config.runner, os.X_OK):
            raise RunnerNotBuilt(
                f"no runner at {config.runner}: build it with `python -m codex_code_execution.sandbox.build`"
            )
        self._python = find_python(config)
        self._storage = await Storage.open(config)
        try:
            await self._start_all()
        except BaseException:
            await self._close_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True  # jobs that still run lose their slots now, and must not get others
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        await self._close_all()

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return self._config.slots

    @property
    def free(self) -> int:
        """How many slots wait for a job."""
        return self._idle.qsize()

    @property
    def healthy(self) -> bool:
        """Whether jobs can be expected to be judged: a slot is alive, or one is being started."""
        return bool(self._replacing) or any(slot.alive for slot in self._all)

    @property
    def bounded(self) -> bool:
        """Whether slots have cgroups."""
        return self._storage.has_groups

    @property
    def pids(self) -> list[int]:
        """Process ids of the slots' runners; everything that a slot runs descends from its runner."""
        return sorted(slot.pid for slot in self._all)

    @property
    def work_dir(self) -> Path:
        """Where compiled programs are kept."""
        return self._config.work_dir

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """A free slot for one job, waited for without a deadline: the caller bounds how many wait.

        A slot whose job did not come to its end is thrown away and replaced.
        """
        slot = await self._idle.get()
        try:
            yield slot
        except BaseException:
            self._replace(slot)
            raise
        slot.end_job()
        if slot.jobs >= self._config.recycle_after:
            self._replace(slot)
        else:
            self._idle.put_nowait(slot)

    async def _start_all(self) -> None:
        slots = [await self._start_first()]
        slots += [await self._start() for _ in range(self._config.slots - 1)]
        self.languages = await usable(slots[0], candidates(str(self._python)))
        for slot in slots:
            self._idle.put_nowait(slot)

    async def _start_first(self) -> Slot:
        """A slot of the strong tier, else of the weak one where that is tolerated."""
        try:
            return await self._start()
        except SandboxUnavailable as error:
            if REFUSED not in str(error):
                raise
            if not self._config.allow_weak:
                raise IsolationRefused(f"{error}. {HINT}") from error
        self.tier, self._shared = "landlock", True
        try:
            slot = await self._start()
        except SandboxUnavailable as error:
            raise IsolationRefused(f"{error}. {HINT}") from error
        log.warning("the sandbox is weak: programs see the names of this machine's files", tier=self.tier, hint=HINT)
        return slot

    async def _start(self) -> Slot:
        belongings = await self._storage.make(folder=self._shared)
        try:
            slot = await Slot.start(self._config.runner, self._arguments(belongings))
        except BaseException:
            await self._storage.remove(belongings)
            raise
        self._all[slot] = belongings
        try:
            await self._prove(slot)
        except BaseException:
            await self._close(slot)
            raise
        return slot

    def _arguments(self, belongings: Belongings) -> list[str]:
        shown = (*self._config.binds, *outside_of_usr(self._python))
        binds = [word for path in shown for word in ("--bind", str(path))]
        return ["--uid", str(self._config.uid), "--python", str(self._python), *belongings.arguments, *binds]

    async def _prove(self, slot: Slot) -> None:
        """Have the slot attacked. What it lets through is tolerated, if at all, at the price of the tier's name."""
        try:
            await attack(slot, shared=self._shared)
        except SandboxTooWeak as error:
            if not self._config.allow_weak:
                raise
            self.tier = "rlimits"
            log.warning("the sandbox is weak", reason=str(error))

    def _replace(self, slot: Slot) -> None:
        if self._closing:
            return
        task = asyncio.create_task(self._start_instead_of(slot))
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _start_instead_of(self, old: Slot) -> None:
        await self._close(old)
        pause = 0.1
        while True:
            try:
                self._idle.put_nowait(await self._start())
            except SandboxError as error:
                log.warning("sandbox slot could not be replaced", reason=str(error), retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return

    async def _close(self, slot: Slot) -> None:
        belongings = self._all.pop(slot, Belongings())
        try:
            if complaint := await slot.close():
                log.warning("sandbox slot ended", reason=complaint)
        finally:
            await self._storage.remove(belongings)

    async def _close_all(self) -> None:
        await asyncio.gather(*[self._close(slot) for slot in list(self._all)])
