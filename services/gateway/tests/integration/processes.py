"""The gateway as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from services.gateway.tests.integration.world import Neighbours

from codex_testing.services import free_address


@asynccontextmanager
async def process(**environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CODEX_", "OTEL_"))}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "codex_gateway",
        env={**clean, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def until(started: asyncio.subprocess.Process, event: str) -> AsyncIterator[dict[str, str]]:
    """The lines of the log up to an event."""
    while started.stdout and (text := await started.stdout.readline()):
        line: dict[str, str] = json.loads(text)
        yield line
        if line["event"] == event:
            return


def environment(neighbours: Neighbours, redis_url: str, address: str, **more: str) -> dict[str, str]:
    """What a gateway has to be told."""
    return {
        "CODEX_HTTP_ADDRESS": address,
        "CODEX_AUTH_USER_TARGET": neighbours.auth_user.address,
        "CODEX_PROBLEM_TARGET": neighbours.problem.address,
        "CODEX_CODE_MANAGE_TARGET": neighbours.manage.address,
        "CODEX_COLLAB_TARGET": neighbours.collab.address,
        "REDIS_URL": redis_url,
        **more,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A gateway in another process, and a client of it."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient

    @property
    def resident(self) -> int:
        """Bytes of memory that the process has now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def connections(self) -> int:
        """Clients whose connection the process holds."""
        held = psutil.Process(self.process.pid).net_connections("tcp")
        return sum(each.laddr.port == self.client.base_url.port and bool(each.raddr) for each in held)

    async def end(self) -> int:
        """Tell it to end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@asynccontextmanager
async def served(neighbours: Neighbours, redis_url: str, **more: str) -> AsyncIterator[Served]:
    """A process that serves already. It must not say so much that nobody reads it."""
    address = free_address()
    limits = httpx.Limits(max_connections=None)
    async with process(**environment(neighbours, redis_url, address, **more)) as started:
        _ = [line async for line in until(started, "serving")]
        async with httpx.AsyncClient(
            base_url=f"http://{address}", timeout=20, trust_env=False, limits=limits
        ) as client:
            yield Served(process=started, client=client)
