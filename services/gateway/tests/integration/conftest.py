"""One gateway and one set of neighbours for the session; tests that need other settings serve their own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from services.gateway.tests.integration import world
from services.gateway.tests.integration.world import Gateway, Neighbours

Serve = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture(scope="session")
async def neighbours() -> AsyncIterator[Neighbours]:
    """The services behind the gateway."""
    async with world.neighbours() as them:
        yield them


@pytest.fixture(autouse=True)
def _nothing_said_or_asked(neighbours: Neighbours) -> None:
    neighbours.forget()


@pytest.fixture(scope="session")
def serve(neighbours: Neighbours, fresh_redis: Callable[[], str]) -> Serve:
    """Runs a gateway with other settings."""

    def run(**changes: object) -> AbstractAsyncContextManager[Gateway]:
        return world.gateway(neighbours, fresh_redis(), **changes)  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
async def _gateway(serve: Serve) -> AsyncIterator[Gateway]:
    async with serve() as served:
        yield served


@pytest.fixture
async def gateway(_gateway: Gateway) -> Gateway:
    """The gateway with default settings, and a Redis that holds nothing."""
    await _gateway.redis.flushdb()
    return _gateway
