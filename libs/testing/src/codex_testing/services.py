"""Services and gRPC servers inside the test's process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

import grpc
import pytest

from codex_service import UNTRACED, Service, ServiceSettings, Telemetry
from codex_service.errors import ServiceError
from codex_service.grpc.errors import from_rpc_error
from codex_tools.stack import ports

S = TypeVar("S", bound=ServiceSettings)


def free_address() -> str:
    """An address (host:port) on which nobody listens."""
    return f"127.0.0.1:{ports.choose(('test',), {})['test']}"


@asynccontextmanager
async def serving(
    build: Callable[[S, Telemetry], AbstractAsyncContextManager[Service]], settings: S, *, grace: float = 1.0
) -> AsyncIterator[Service]:
    """A service between its start and its stop, as ``codex_service.run`` would lead it."""
    async with build(settings, UNTRACED) as service, AsyncExitStack() as running:
        for server in service.servers:
            await server.start()
            running.push_async_callback(server.stop, grace)
        yield service


class Neighbour:
    """A plain gRPC server that stands in for another service, and may be down for a while."""

    def __init__(self, *register: Callable[[grpc.aio.Server], None]) -> None:
        self.address = free_address()
        self._register: Sequence[Callable[[grpc.aio.Server], None]] = register
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        self._server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        for add in self._register:
            add(self._server)
        self._server.add_insecure_port(self.address)
        await self._server.start()

    async def stop(self) -> None:
        if self._server:
            await self._server.stop(0)

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Not reachable within this block."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()


async def refusal(call: Awaitable[object]) -> ServiceError:
    """The error of a call that must fail, as its caller sees it."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return from_rpc_error(failed.value)
