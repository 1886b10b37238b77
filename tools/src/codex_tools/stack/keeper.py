"""Keeps one part running: starts it, starts it again when it dies, ends it when told to."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from codex_tools.stack.errors import PortTakenError, StackError, UnsoundError
from codex_tools.stack.part import Part
from codex_tools.stack.ports import is_free
from codex_tools.stack.process import Identity, end, identify, kill_group, spawn
from codex_tools.stack.state import Record

log = structlog.get_logger()

_PAUSES = (0.0, 0.25, 0.5, 1.0, 2.0)
_STEADY = 10.0
_DEATHS_AT_START = 3
_WATCH = 1.0
_UNSOUND = 3  # times in a row


class Keeper:
    """Owns the process of one part from its first start to its end."""

    def __init__(self, part: Part, log_file: Path, changed: Callable[[], None]) -> None:
        self.part = part
        self._log_file = log_file
        self._changed = changed
        self._stop = asyncio.Event()
        self._identity: Identity | None = None
        self._state = "starting"
        self._restarts = 0
        self._quick_deaths = 0
        self._proven = asyncio.Event()

    @property
    def record(self) -> Record:
        return Record(
            name=self.part.name,
            store=self.part.store,
            port=self.part.port,
            log=str(self._log_file),
            state=self._state,
            restarts=self._restarts,
            process=self._identity,
        )

    async def run(self) -> None:
        """Keep the part running until ``stop``; when this returns, no process of the part is left."""
        while not self._stop.is_set():
            await self._live_once()
            if not self._stop.is_set():
                await self._pause()
        self._become("stopped", None)

    def stop(self) -> None:
        self._stop.set()

    async def healthy(self) -> None:
        """Wait until the part does its work.

        Raises:
            PortTakenError: it can't, because somebody else listens on its port.
            StackError: it died again and again, or was not ready in time.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self.part.patience):
                await self._first_success()
                return
        raise StackError(f"{self.part.name} was not ready after {self.part.patience:.0f} s.", log=self._log_file)

    async def _first_success(self) -> None:
        while not self._proven.is_set():
            self.check()
            await asyncio.sleep(0.05)

    async def _prove(self) -> None:
        """A process counts as running once it works, the first as well as any that takes its place."""
        while not await self._works():  # noqa: ASYNC110  (a part that works sets no event)
            await asyncio.sleep(0.05)
        self._become("running", self._identity)
        self._proven.set()

    def check(self) -> None:
        """Raise StackError if the part dies as often as it is started."""
        if self._quick_deaths >= _DEATHS_AT_START:
            raise self._failure()

    async def _works(self) -> bool:
        try:
            async with asyncio.timeout(5):
                await self.part.healthy()
        except Exception:  # noqa: BLE001  (each driver refuses in its own way; the deadline decides)
            return False
        return self._identity is not None

    def _failure(self) -> StackError:
        if self._identity is None and not is_free(self.part.port):
            return PortTakenError(f"Port {self.part.port} of {self.part.name} was taken by another program.")
        return StackError(f"{self.part.name} ends as soon as it is started.", log=self._log_file)

    async def _live_once(self) -> None:
        process = await self._spawn()
        if process is None:
            return
        begun = asyncio.get_running_loop().time()
        self._become("starting", identify(process.pid, self.part.word))
        await self._until_end_or_stop(process)
        if self._stop.is_set():
            await end(process, politely=self.part.stop_signal)
            return
        kill_group(process.pid)
        await process.wait()
        lived = asyncio.get_running_loop().time() - begun
        asked = self._state == "running" and process.returncode == 0
        self._quick_deaths = 0 if asked or lived > _STEADY else self._quick_deaths
        log.warning("part ended", part=self.part.name, status=process.returncode, lived=round(lived, 1))

    async def _spawn(self) -> Process | None:
        part = self.part
        try:
            return await spawn(part.argv, environment=part.environment, folder=part.folder, log=self._log_file)
        except OSError as error:
            log.error("part can't be started", part=part.name, error=str(error))  # noqa: TRY400  (the reason is whole without the stack)
            return None

    async def _until_end_or_stop(self, process: Process) -> None:
        proof = asyncio.create_task(self._prove())
        ways = [process.wait(), self._stop.wait(), *([self._until_unsound()] if self.part.watched else [])]
        waits = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in (proof, *waits):
            task.cancel()
        await asyncio.gather(proof, *waits, return_exceptions=True)

    async def _until_unsound(self) -> None:
        """Silence is no sign: a process that is frozen or slow may work again, and this one must not be lost for it."""
        seen = 0
        while seen < _UNSOUND:
            await asyncio.sleep(_WATCH)
            seen = seen + 1 if await self._is_unsound() else 0
        log.error("part lives but works no more", part=self.part.name)

    async def _is_unsound(self) -> bool:
        try:
            async with asyncio.timeout(5):
                await self.part.healthy()
        except UnsoundError:
            return True
        except Exception:  # noqa: BLE001  (each driver fails in its own way)
            return False
        return False

    async def _pause(self) -> None:
        pause = _PAUSES[min(self._quick_deaths, len(_PAUSES) - 1)]
        self._restarts += 1
        self._quick_deaths += 1
        self._become("restarting", None)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), pause)

    def _become(self, state: str, identity: Identity | None) -> None:
        self._state, self._identity = state, identity
        self._changed()
