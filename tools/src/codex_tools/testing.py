"""A stack for tests: the stores or the whole platform, up in a folder of its own, gone afterwards."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from codex_tools.stack import postgres
from codex_tools.stack.environment import caller
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import Home, cache_from

_PATIENCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack as somebody at a terminal has it: by commands and by its file."""

    home: Home

    async def codex(self, *arguments: str, pass_fds: tuple[int, ...] = (), **environment: str) -> Outcome:
        """Run a command to its end."""
        process = await self.begin(*arguments, pass_fds=pass_fds, **environment)
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
        return Outcome(status=await process.wait(), text=output.decode())

    async def begin(self, *arguments: str, pass_fds: tuple[int, ...] = (), **environment: str) -> Process:
        """Start a command; what it prints is piped."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "codex_tools",
            *arguments,
            env={**caller(), "CODEX_HOME": str(self.home.folder), **environment},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            pass_fds=pass_fds,
        )

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.home.stack_file.read_text())
        return document

    def pid(self, store: str) -> int:
        pid: int = self.document()["stores"][store]["pid"]
        return pid

    def supervisor(self) -> int:
        return int(self.home.lock_file.read_text())

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this stack: supervisor and parts, and whatever names its folders."""
        marks = (str(self.home.folder), postgres.own_folder(self.home).name)
        return [process for process in psutil.process_iter() if _mentions(process, marks)]


def _mentions(process: psutil.Process, marks: tuple[str, ...]) -> bool:
    try:
        words = " ".join([*process.cmdline(), process.cwd()])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return process.pid != os.getpid() and any(mark in words for mark in marks)


async def eventually(condition: Callable[[], bool], within: float) -> None:
    """Wait until something holds; it must within so many seconds."""
    async with asyncio.timeout(within):
        while not _holds(condition):  # noqa: ASYNC110  (what other processes do sets no event)
            await asyncio.sleep(0.02)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (FileNotFoundError, KeyError, OSError):
        return False


@asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[Stack]:
    """A stack in ``folder``, brought up by ``codex up`` with these arguments, for example ``--only postgres``.

    Raises:
        StackError: it did not come up; what the command printed is the reason.
    """
    stack = stack_in(folder)
    try:
        outcome = await stack.codex("up", *arguments)
        if outcome.status != 0:
            raise StackError(outcome.text)
        yield stack
    finally:
        await clean_up(stack)


def stack_in(folder: Path) -> Stack:
    """A folder in which a stack may be brought up."""
    return Stack(home=Home(folder=folder, cache=cache_from(caller())))


async def clean_up(stack: Stack) -> None:
    """Whatever was brought up is down, its database forgotten."""
    await stack.codex("down")
    postgres.remove_data(stack.home)
