"""Small programs as processes."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts a program of the folder with exactly these variables; whatever still runs afterwards is killed."""
    running: list[Process] = []

    async def start(program: str, **environment: str) -> "Process":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAMS / f"{program}.py"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def said() -> Callable[["Process", str], Awaitable[str]]:
    """Reads what a process says until a word comes; raises when it does not."""

    async def read(process: "Process", word: str) -> str:
        assert process.stdout
        heard = ""
        async with asyncio.timeout(20):
            while word not in heard:
                line = await process.stdout.readline()
                assert line, f"it ended without saying {word!r}: {heard}"
                heard += line.decode()
        return heard

    return read


@pytest.fixture
def ended() -> Callable[["Process"], Awaitable[tuple[int | None, str]]]:
    """Waits for a process to end: its exit status, and what it said that nobody has read."""

    async def wait(process: "Process") -> tuple[int | None, str]:
        async with asyncio.timeout(20):
            out, _ = await process.communicate()
        return process.returncode, out.decode()

    return wait
