"""How an HTTP server ends, and how several share a port, as their clients see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from codex_service.http import HttpServer
from codex_testing.services import free_address


class App:
    """Answers with its name; at ``/slow`` not before it is told to."""

    def __init__(self, name: str = "app") -> None:
        self._name = name
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], _: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            self.asked.set()
            await self.answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self._name.encode()})


@asynccontextmanager
async def served(address: str, app: App, **options: Any) -> AsyncIterator[HttpServer]:
    server = HttpServer(address, app, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(5)


@asynccontextmanager
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps its connection."""
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=f"http://{address}", limits=limits, trust_env=False, timeout=5) as one:
        yield one


async def refused(address: str) -> None:
    """Returns once nobody listens there any more."""
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except ConnectionRefusedError:
                return
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_request_that_runs_is_answered_although_the_server_ends() -> None:
    app, address = App(), free_address()
    async with client(address) as one:
        server = HttpServer(address, app)
        await server.start()
        asking = asyncio.create_task(one.get("/slow"))
        await app.asked.wait()

        ending = asyncio.create_task(server.stop(5))
        await refused(address)
        app.answer.set()

        answer = await asking
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        await asyncio.wait_for(ending, 5)


async def test_who_asks_on_an_open_connection_while_the_server_ends_is_told_to_open_another() -> None:
    address = free_address()
    server = HttpServer(address, App())
    await server.start()
    async with client(address) as one:
        assert "connection" not in (await one.get("/")).headers

        ending = asyncio.create_task(server.stop(5))
        await refused(address)

        answer = await one.get("/")
        assert (answer.text, answer.headers["connection"]) == ("app", "close")
        await asyncio.wait_for(ending, 5)
        with pytest.raises(httpx.ConnectError):
            await one.get("/")


async def test_a_connection_on_which_nobody_asks_does_not_hold_the_end_up() -> None:
    address = free_address()
    server = HttpServer(address, App())
    await server.start()
    async with client(address) as one:
        await one.get("/")

        await asyncio.wait_for(server.stop(10), 3)


async def test_servers_that_share_a_port_are_both_asked_and_one_goes_on_alone() -> None:
    shared, own, other = free_address(), free_address(), free_address()
    async with served(f"{shared},{own}", App("first"), reuse_port=True):
        async with served(f"{shared},{other}", App("second"), reuse_port=True):
            assert await _answers(shared, until={"first", "second"}) == {"first", "second"}
            assert await _answers(other, until={"second"}) == {"second"}
        assert {await _answer(shared) for _ in range(20)} == {"first"}


async def test_a_port_is_shared_only_by_those_who_say_so() -> None:
    address = free_address()
    async with served(address, App()):
        with pytest.raises(OSError, match="in use"):
            await HttpServer(address, App(), reuse_port=True).start()


async def _answers(address: str, *, until: set[str]) -> set[str]:
    """Who answers new connections, asked until all of these have."""
    found: set[str] = set()
    async with asyncio.timeout(10):
        while not until <= found:
            found.add(await _answer(address))
    return found


async def _answer(address: str) -> str:
    async with client(address) as one:
        return (await one.get("/")).text
