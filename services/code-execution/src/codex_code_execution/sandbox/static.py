"""Slots that are containers of their own, reached over unix sockets."""

import asyncio
from functools import partial
from pathlib import Path

from codex_code_execution.languages.catalogue import candidates
from codex_code_execution.languages.probe import usable
from codex_code_execution.sandbox.config import StaticConfig
from codex_code_execution.sandbox.connection import RunnerConnection
from codex_code_execution.sandbox.errors import IsolationRefused, SandboxUnavailable
from codex_code_execution.sandbox.pool import REFUSED, Sandbox
from codex_code_execution.sandbox.slot import Slot

LOOK_SECONDS = 1.0
HINT = (
    "Programs are isolated by user namespaces, which the slot's container seems to refuse: it needs the seccomp "
    "profile deploy/docker/seccomp-slot.json and systempaths=unconfined, on a machine that allows them"
)


class StaticSandbox(Sandbox):
    """A slot for every socket in a folder, also for those that come later.

    A slot is a connection. It is replaced by another connection; a container that is gone is tried until it is back.
    Entering it raises SandboxUnavailable when no slot could be used in time.
    """

    backend = "static"

    def __init__(self, config: StaticConfig) -> None:
        super().__init__(config)
        self._config = config
        self._python = str(config.python or "python3")

    async def _open(self) -> None:
        self._own(self._look())
        try:
            async with asyncio.timeout(self._config.patience), self.slot() as slot:
                self.languages = await usable(slot, candidates(self._python))
        except TimeoutError as error:
            reason = self._reason or f"there is no socket (*.sock) in {self._config.sockets}"
            raise SandboxUnavailable(f"no slot could be used within {self._config.patience:g} s: {reason}") from error

    async def _look(self) -> None:
        known: set[Path] = set()
        while True:
            found = await asyncio.to_thread(self._sockets)
            for path in sorted(found - known):
                self._keep(partial(self._start, path))
            known |= found
            await asyncio.sleep(LOOK_SECONDS)

    def _sockets(self) -> set[Path]:
        return set(self._config.sockets.glob("*.sock"))

    async def _start(self, path: Path) -> Slot:
        try:
            slot = await Slot.start(await RunnerConnection.open(path), self._python)
        except SandboxUnavailable as error:
            if REFUSED in str(error):
                raise IsolationRefused(f"{path.name}: {error}. {HINT}") from error
            raise SandboxUnavailable(f"{path.name}: {error}") from error
        return await self._proven(slot)
