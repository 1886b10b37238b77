"""The gateway as a process: told by its environment, ended by a signal."""

import asyncio
import signal
from collections.abc import Callable

import httpx
from services.gateway.tests.integration.processes import environment, process, until
from services.gateway.tests.integration.world import Neighbours

from codex_testing.services import free_address


async def test_the_process_serves_until_it_is_told_to_end(
    neighbours: Neighbours, fresh_redis: Callable[[], str]
) -> None:
    address = free_address()
    told = environment(neighbours, fresh_redis(), address)
    async with process(**told) as gateway, asyncio.timeout(30):
        lines = [line async for line in until(gateway, "serving")]
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
