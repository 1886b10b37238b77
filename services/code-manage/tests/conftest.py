"""The code-manage service on a real broker, Redis and problem service, with a worker of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

import grpc
import pytest

from codex_code_manage.app import build
from codex_code_manage.settings import Settings
from codex_problem.app import build as build_problem
from codex_problem.settings import Settings as ProblemSettings
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.names import Topics
from codex_service.kafka.topics import ensure_topics
from codex_testing.manage import ManageClient
from codex_testing.problem import ProblemClient
from codex_testing.services import free_address, serving
from codex_testing.stores import Store
from codex_testing.users import Users
from codex_testing.worker import Worker

Serve = Callable[..., AbstractAsyncContextManager[ManageClient]]


@pytest.fixture
def redis_url(fresh_redis: Callable[[], str]) -> str:
    return fresh_redis()


@pytest.fixture
async def problem_target(fresh_mongo: Callable[[], str], redis_url: str) -> AsyncIterator[str]:
    """The address of a problem service with nothing in its stores but the problems."""
    users, address = Users(), free_address()
    await users.neighbour.start()
    settings = ProblemSettings.model_validate(
        {
            "grpc_address": address,
            "mongodb_uri": fresh_mongo(),
            "redis_url": redis_url,
            "auth_user_target": users.neighbour.address,
        }
    )
    async with serving(build_problem, settings):
        yield address
    await users.neighbour.stop()


@pytest.fixture
async def problem(problem_target: str) -> AsyncIterator[ProblemClient]:
    async with grpc.aio.insecure_channel(problem_target) as channel:
        yield ProblemClient(channel)


@pytest.fixture
async def prefix(kafka_store: Store) -> str:
    """The beginning of the test's own topics, which are made."""
    prefix = f"{uuid4().hex[:8]}-"
    topics = Topics(prefix)
    await ensure_topics(Cluster(kafka_store.url), [topics.jobs, topics.overflow, topics.results])
    return prefix


@pytest.fixture
async def worker(kafka_store: Store, prefix: str, redis_url: str) -> AsyncIterator[Worker]:
    async with Worker(bootstrap=kafka_store.url, prefix=prefix, redis_url=redis_url) as worker:
        yield worker


@pytest.fixture
def serve(kafka_store: Store, prefix: str, redis_url: str, problem_target: str, worker: Worker) -> Serve:  # noqa: ARG001 (whose announcement must be there)
    """Runs a replica until the block ends; it is ready when the block begins."""

    @asynccontextmanager
    async def run(**changes: object) -> AsyncIterator[ManageClient]:
        address = free_address()
        usual = {
            "grpc_address": address,
            "kafka_bootstrap_servers": kafka_store.url,
            "redis_url": redis_url,
            "problem_target": problem_target,
            "topic_prefix": prefix,
        }
        settings = Settings.model_validate({**usual, **changes})
        async with grpc.aio.insecure_channel(address) as channel, serving(build, settings):
            yield ManageClient(channel)

    return run


@pytest.fixture
async def manage(serve: Serve) -> AsyncIterator[ManageClient]:
    async with serve() as client:
        yield client
