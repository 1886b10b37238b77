"""Processes of ours: started in a session of their own, recognised later, ended for certain."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

_LARGE = 20 * 1024 * 1024
# The kernel's start times are whole ticks after a boot time that clock corrections move a little.
_SAME_START = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells a process from a later one with the same pid.

    ``started`` is in seconds since the epoch, ``word`` stands somewhere in its command line for as long as it lives.
    """

    pid: int
    started: float
    word: str

    def running(self) -> bool:
        """Whether that very process still runs (a zombie does not)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START
            return same and self.word in " ".join(process.cmdline())
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def identify(pid: int, word: str) -> Identity | None:
    """Who has this pid now."""
    try:
        return Identity(pid=pid, started=psutil.Process(pid).create_time(), word=word)
    except psutil.NoSuchProcess:
        return None


async def spawn(
    argv: tuple[str, ...], *, environment: Mapping[str, str], folder: Path, log: Path
) -> asyncio.subprocess.Process:
    """Start a process that leads its own session and writes to ``log``.

    Raises:
        OSError: the program or the log can't be opened.
    """
    _bound(log)
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *argv,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _bound(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LARGE:
        log.replace(log.with_suffix(".log.1"))


async def end(
    process: asyncio.subprocess.Process, *, politely: signal.Signals = signal.SIGTERM, patience: float = 10
) -> None:
    """Ask a process to end, insist after ``patience`` seconds, and clear what is left of its group."""
    with suppress(ProcessLookupError):
        process.send_signal(politely)
    try:
        await asyncio.wait_for(process.wait(), patience)
    except TimeoutError:
        kill_group(process.pid)
        await process.wait()
    kill_group(process.pid)


def kill_group(leader: int) -> None:
    """Kill what is left of a process group; nothing happens where nothing is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


async def end_stranded(identity: Identity, *, politely: signal.Signals = signal.SIGTERM, patience: float = 10) -> bool:
    """End a process that an earlier supervisor left behind; false if it is gone or is not the one we knew."""
    if not identity.running():
        return False
    os.kill(identity.pid, politely)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while identity.running():  # noqa: ASYNC110  (another process's end sets no event)
                await asyncio.sleep(0.02)
    if identity.running():
        kill_group(identity.pid)
    return True


def memory(pid: int, *, alone: bool = False) -> int:
    """Bytes in use by a process and its descendants, or it alone; shared pages counted once where the kernel tells."""
    try:
        leader = psutil.Process(pid)
        descendants = [] if alone else leader.children(recursive=True)
        return sum(_memory_of(process) for process in (leader, *descendants))
    except psutil.NoSuchProcess:
        return 0


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.uss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
