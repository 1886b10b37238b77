"""The service on real stores, called as its neighbours call it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import grpc
import pytest
from redis.asyncio import Redis

from codex_auth_user.app import build
from codex_auth_user.settings import Settings
from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceStub
from codex_protos.problem.v1 import submission_service_pb2 as problem_pb
from codex_protos.problem.v1 import submission_service_pb2_grpc as problem_rpc
from codex_service import UNTRACED
from codex_service.errors import ServiceError
from codex_service.grpc.errors import from_rpc_error
from codex_tools.stack import environment, ports, postgres, process, valkey
from codex_tools.stack.home import Home
from codex_tools.stack.part import Part

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub
    from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceAsyncStub


class Store:
    """A database server that can be stopped and started."""

    def __init__(self, part: Part, url: str, log: Path) -> None:
        self.url = url
        self._part = part
        self._log = log

    async def start(self) -> None:
        part = self._part
        self._process = await process.spawn(part.argv, environment=part.environment, folder=part.folder, log=self._log)
        await eventually(part.healthy)

    async def stop(self) -> None:
        await process.end(self._process, politely=self._part.stop_signal)

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        await self.stop()
        try:
            yield
        finally:
            await self.start()


async def eventually(check: Callable[[], Awaitable[object]], within: float = 15) -> None:
    """Until ``check`` raises no more."""
    async with asyncio.timeout(within):
        while True:
            try:
                await check()
            except Exception:  # noqa: BLE001 (whatever it raises: not yet)
                await asyncio.sleep(0.02)
            else:
                return


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(folder=tmp_path_factory.mktemp("stack"), cache=tmp_path_factory.mktemp("cache"))
    home.make()
    yield home
    postgres.remove_data(home)


@pytest.fixture(scope="session")
async def postgres_store(home: Home) -> AsyncIterator[Store]:
    port = ports.choose(("postgres",), {})["postgres"]
    url = postgres.url(home, port)
    part = await postgres.recipe(home, port, url, environment.clean(environment.caller()))(print)
    store = Store(part, url, home.log_of("postgres"))
    await store.start()
    yield store
    await store.stop()


@pytest.fixture(scope="session")
async def redis_store(home: Home) -> AsyncIterator[Store]:
    port = ports.choose(("redis",), {})["redis"]
    url = f"redis://127.0.0.1:{port}/0"
    part = await valkey.recipe(home, port, url, environment.clean(environment.caller()))(print)
    store = Store(part, url, home.log_of("redis"))
    await store.start()
    yield store
    await store.stop()


@pytest.fixture
def postgres_down(postgres_store: Store) -> Callable[[], AbstractAsyncContextManager[None]]:
    return postgres_store.down


@pytest.fixture
def redis_down(redis_store: Store) -> Callable[[], AbstractAsyncContextManager[None]]:
    return redis_store.down


@pytest.fixture
async def database(postgres_store: Store) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(postgres_store.url)
    yield connection
    await connection.close()


@pytest.fixture
async def redis(redis_store: Store) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_store.url)
    yield client
    await client.aclose()


class _Counter(problem_rpc.SubmissionServiceServicer):
    """Stands in for the problem service, of which only this call is used."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    async def CountSubmissions(  # noqa: N802 (gRPC's name)
        self,
        request: problem_pb.CountSubmissionsRequest,
        context: grpc.aio.ServicerContext[object, object],  # noqa: ARG002 (gRPC's signature)
    ) -> problem_pb.CountSubmissionsResponse:
        return problem_pb.CountSubmissionsResponse(count=self._counts.get(request.author, 0))


@pytest.fixture(scope="session")
def submissions() -> dict[str, int]:
    """What the problem service knows: submissions by user id."""
    return {}


@pytest.fixture(scope="session")
async def problem_target(submissions: dict[str, int]) -> AsyncIterator[str]:
    server = grpc.aio.server()
    problem_rpc.add_SubmissionServiceServicer_to_server(_Counter(submissions), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture(scope="session")
def free_address() -> Callable[[], str]:
    def find() -> str:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            return f"127.0.0.1:{probe.getsockname()[1]}"

    return find


@pytest.fixture(scope="session")
def settings(
    home: Home, postgres_store: Store, redis_store: Store, problem_target: str, free_address: Callable[[], str]
) -> Callable[..., Settings]:
    """Settings for a service at a port of its own, with passwords that cost next to nothing."""

    def make(**changes: object) -> Settings:
        usual: dict[str, object] = {
            "grpc_address": free_address(),
            "database_url": postgres_store.url,
            "redis_url": redis_store.url,
            "problem_target": problem_target,
            "secrets_dir": home.secrets,
            "argon2_memory": 64,
            "argon2_passes": 1,
        }
        return Settings.model_validate({**usual, **changes})

    return make


@pytest.fixture(scope="session")
def serve(settings: Callable[..., Settings]) -> Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]:
    """Runs the service with some settings changed, and gives a channel to it."""

    @asynccontextmanager
    async def run(**changes: object) -> AsyncIterator[grpc.aio.Channel]:
        chosen = settings(**changes)
        async with AsyncExitStack() as stack:
            service = await stack.enter_async_context(build(chosen, UNTRACED))
            for server in service.servers:
                await server.start()
                stack.push_async_callback(server.stop, 0.0)
            yield await stack.enter_async_context(grpc.aio.insecure_channel(chosen.grpc_address))

    return run


@pytest.fixture(scope="session")
async def channel(
    serve: Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]],
) -> AsyncIterator[grpc.aio.Channel]:
    async with serve() as channel:
        yield channel


@pytest.fixture(scope="session")
def auth(channel: grpc.aio.Channel) -> "AuthServiceAsyncStub":
    return AuthServiceStub(channel)


@pytest.fixture(scope="session")
def users(channel: grpc.aio.Channel) -> "UserServiceAsyncStub":
    return UserServiceStub(channel)


@pytest.fixture(scope="session")
def form() -> Callable[..., pb.SignUpRequest]:
    """A sign-up form that nobody has sent yet."""

    def fill(**changes: str) -> pb.SignUpRequest:
        name = f"user_{uuid4().hex[:16]}"
        usual = {"username": name, "email": f"{name}@example.org", "password": "correct horse", "country": "DE"}
        return pb.SignUpRequest(**{**usual, **changes})

    return fill


@pytest.fixture(scope="session")
def refusal() -> Callable[[Awaitable[object]], Awaitable[ServiceError]]:
    """The error of a call that must fail, as its caller sees it."""

    async def see(call: Awaitable[object]) -> ServiceError:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call
        return from_rpc_error(failed.value)

    return see


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]:
    """Waits until a check is true, for so long that only a fault exceeds it."""

    async def wait(check: Callable[[], Awaitable[object]]) -> None:
        async def holds() -> None:
            assert await check()

        await eventually(holds)

    return wait
