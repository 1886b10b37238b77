"""The problem service on real stores, with an auth-user service that stands in."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import grpc
import pytest

from codex_problem.app import build
from codex_problem.settings import Settings
from codex_testing.problem import ProblemClient
from codex_testing.services import free_address, serving
from codex_testing.users import Users

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]


@pytest.fixture
async def users() -> AsyncIterator[Users]:
    users = Users()
    await users.neighbour.start()
    yield users
    await users.neighbour.stop()


@pytest.fixture
def serve(fresh_mongo: Callable[[], str], fresh_redis: Callable[[], str], users: Users) -> Serve:
    """Runs the service, on stores of its own unless others are named."""

    @asynccontextmanager
    async def run(**changes: object) -> AsyncIterator[ProblemClient]:
        address = free_address()
        usual = {
            "grpc_address": address,
            "mongodb_uri": fresh_mongo(),
            "redis_url": fresh_redis(),
            "auth_user_target": users.neighbour.address,
        }
        settings = Settings.model_validate({**usual, **changes})
        async with serving(build, settings), grpc.aio.insecure_channel(address) as channel:
            yield ProblemClient(channel)

    return run


@pytest.fixture
async def problem(serve: Serve) -> AsyncIterator[ProblemClient]:
    """The service with nothing in its stores but the problems."""
    async with serve() as client:
        yield client
