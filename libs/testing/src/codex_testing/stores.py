"""Real stores as processes of the test session, which a test may stop, kill and start again."""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from codex_testing.waiting import eventually
from codex_tools.stack import process
from codex_tools.stack.part import Part


class Store:
    """One server. ``url`` is how clients reach it; it keeps its port and its data when it is started again."""

    def __init__(self, part: Part, url: str, log: Path) -> None:
        self.url = url
        self._part = part
        self._log = log
        self._process: Process | None = None

    async def start(self) -> None:
        """Returns when it answers; raises what its last check raised when it does not."""
        part = self._part
        self._process = await process.spawn(part.argv, environment=part.environment, folder=part.folder, log=self._log)
        await eventually(self._answers, within=part.patience)

    async def _answers(self) -> bool:
        await self._part.healthy()
        return True

    async def stop(self) -> None:
        """End it in good order."""
        if self._process:
            await process.end(self._process, politely=self._part.stop_signal)

    async def kill(self) -> None:
        """End it like a power cut."""
        if self._process:
            process.kill_group(self._process.pid)
            await self._process.wait()

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Killed within this block, up again behind it."""
        await self.kill()
        try:
            yield
        finally:
            await self.start()

    def database(self, name: str | int) -> str:
        """The address of one database of this server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
