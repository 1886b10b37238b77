"""The gateway as a process: told by its environment, ended by a signal."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
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


async def test_the_process_serves_until_it_is_told_to_end(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    address = free_address()
    told = {
        "CODEX_HTTP_ADDRESS": address,
        "CODEX_AUTH_USER_TARGET": neighbours.auth_user.address,
        "CODEX_PROBLEM_TARGET": neighbours.problem.address,
        "CODEX_CODE_MANAGE_TARGET": neighbours.manage.address,
        "CODEX_COLLAB_TARGET": neighbours.collab.address,
        "REDIS_URL": fresh_redis(),
    }
    async with process(**told) as gateway, asyncio.timeout(30):
        lines = [line async for line in _until(gateway, "serving")]
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            assert (await client.get("/health/ready")).status_code == 200

        gateway.send_signal(signal.SIGTERM)
        assert await gateway.wait() == 0
        assert {line["service"] for line in lines} == {"gateway-service"}


async def test_a_misspelt_setting_is_refused() -> None:
    async with process(CODEX_HTTP_ADRESS="127.0.0.1:1") as gateway, asyncio.timeout(30):
        _, said = await gateway.communicate()

        assert gateway.returncode == 2
        assert b"CODEX_HTTP_ADRESS: not a setting of this service" in said
        assert b"CODEX_HTTP_ADDRESS: Field required" in said


async def _until(started: asyncio.subprocess.Process, event: str) -> AsyncIterator[dict[str, str]]:
    """The lines of the log up to an event."""
    while started.stdout and (text := await started.stdout.readline()):
        line: dict[str, str] = json.loads(text)
        yield line
        if line["event"] == event:
            return
