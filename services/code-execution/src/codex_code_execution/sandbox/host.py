"""Slots as processes of this machine."""

import os
from pathlib import Path

import structlog

from codex_code_execution.languages.catalogue import candidates
from codex_code_execution.languages.probe import usable
from codex_code_execution.sandbox.belongings import Belongings, Storage
from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.errors import IsolationRefused, RunnerNotBuilt, SandboxUnavailable
from codex_code_execution.sandbox.interpreter import find_python, outside_of_usr
from codex_code_execution.sandbox.pool import REFUSED, Sandbox
from codex_code_execution.sandbox.process import RunnerProcess
from codex_code_execution.sandbox.slot import Slot

HINT = (
    "Programs are isolated by user namespaces, which this machine seems to refuse. On Ubuntu: "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0; elsewhere: sysctl user.max_user_namespaces=65536"
)

log = structlog.get_logger()


class HostSandbox(Sandbox):
    """As many slots as the settings say. Where the machine refuses namespaces they are weaker, if that is tolerated.

    Entering it raises:
        RunnerNotBuilt: there is no runner at the configured path.
        IsolationRefused: this machine refuses what isolation needs.
        SandboxTooWeak: a slot failed its self-test.
        SandboxUnavailable: a slot could not be started for another reason.
    """

    backend = "host"

    def __init__(self, config: HostConfig) -> None:
        super().__init__(config)
        self._config = config
        self._python = Path()
        self._storage: Storage
        self._processes: dict[Slot, tuple[RunnerProcess, Belongings]] = {}
        self._shared = False  # slots have no world of their own

    @property
    def bounded(self) -> bool:
        """Whether slots have cgroups."""
        return self._storage.has_groups

    @property
    def pids(self) -> list[int]:
        """Process ids of the slots' runners; everything that a slot runs descends from its runner."""
        return sorted(process.pid for process, _ in self._processes.values())

    async def _open(self) -> None:
        config = self._config
        if not os.access(config.runner, os.X_OK):
            raise RunnerNotBuilt(
                f"no runner at {config.runner}: build it with `python -m codex_code_execution.sandbox.build`"
            )
        self._python = find_python(config)
        self._storage = await Storage.open(config)
        slots = [await self._start_first()]
        slots += [await self._start() for _ in range(config.slots - 1)]
        self.languages = await usable(slots[0], candidates(str(self._python)))
        for slot in slots:
            self._keep(self._start, slot)

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
            process = await RunnerProcess.start(self._config.runner, self._arguments(belongings))
            slot = await Slot.start(process, str(self._python))
        except BaseException:
            await self._storage.remove(belongings)
            raise
        self._processes[slot] = process, belongings
        return await self._proven(slot, shared=self._shared)

    def _arguments(self, belongings: Belongings) -> list[str]:
        shown = (*self._config.binds, *outside_of_usr(self._python))
        binds = [word for path in shown for word in ("--bind", str(path))]
        return ["--uid", str(self._config.uid), *belongings.arguments, *binds]

    async def _close(self, slot: Slot) -> None:
        _, belongings = self._processes.pop(slot, (None, Belongings()))
        try:
            await super()._close(slot)
        finally:
            await self._storage.remove(belongings)
