"""A runner as a process of this machine."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path


class RunnerProcess:
    """Spoken to over its stdin and stdout; it complains on its stderr."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None  # noqa: S101 - we asked for pipes
        assert process.stdout is not None  # noqa: S101 - the same
        assert process.stderr is not None  # noqa: S101 - the same
        self._process = process
        self._complaints = process.stderr
        self.writer = process.stdin
        self.reader = process.stdout

    @classmethod
    async def start(cls, runner: Path, arguments: Sequence[str]) -> "RunnerProcess":
        """Start it, in a session and an environment of its own."""
        return cls(
            await asyncio.create_subprocess_exec(
                runner, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, cwd="/", env={}
            )
        )

    @property
    def pid(self) -> int:
        """Its process id, as the service sees it."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def ended(self) -> None:
        """Return once it has ended."""
        await self._process.wait()

    def end(self) -> None:
        """Have it end with everything in it, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()  # a runner without namespaces ends others before itself
        self.writer.close()  # a runner that was not its launcher's child yet, when that died, ends with its stdin

    def let_go(self) -> None:
        """Kill it if it did not end, and wait for nothing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def complaint(self) -> bytes:
        """What it had to say in the end; all of its processes are gone then."""
        return await self._complaints.read()
