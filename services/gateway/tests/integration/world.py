"""The gateway on a real Redis, between clients of ours and services that stand in for its neighbours."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from codex_gateway.app import build
from codex_gateway.settings import Settings
from codex_protos.authuser.v1 import auth_service_pb2, user_service_pb2
from codex_protos.codemanage.v1 import code_manage_service_pb2
from codex_protos.collab.v1 import collab_service_pb2
from codex_protos.problem.v1 import leaderboard_service_pb2, problem_service_pb2, submission_service_pb2
from codex_service import UNTRACED, Telemetry
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_service.ids import uuid7
from codex_service.redis import RedisClient, open_redis
from codex_testing.services import free_address
from codex_testing.waiting import eventually

Say = Message | Exception | Callable[[Any], Message]

_KEY = Ed25519PrivateKey.generate()
KID = "test-key"


@dataclass(frozen=True, slots=True)
class Call:
    """What a neighbour was asked, and how many seconds it was given."""

    method: str
    request: Any
    seconds: float


class Neighbour:
    """A real gRPC server with a service's contract: it says what a test told it to, else an empty answer."""

    def __init__(self, *services: ServiceDescriptor) -> None:
        self.address = free_address()
        self.calls: list[Call] = []
        self._services = services
        self._says: dict[str, Say] = {}
        self._server: GrpcServer | None = None

    def forget(self) -> None:
        self.calls.clear()
        self._says.clear()

    def say(self, method: str, say: Say) -> None:
        """Answer ``method`` with a message, an error, or what a function makes of the request."""
        self._says[method] = say

    @property
    def last(self) -> Any:
        return self.calls[-1].request

    async def start(self) -> None:
        register = [partial(self._register, service) for service in self._services]
        self._server = GrpcServer(
            self.address, register, readiness=Readiness({}), telemetry=UNTRACED, outages=Outages(), tls=None
        )
        await self._server.start()

    async def stop(self) -> None:
        if self._server:
            await self._server.stop(0)

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        await self.stop()
        try:
            yield
        finally:
            await self.start()

    def _register(self, service: ServiceDescriptor, server: grpc.aio.Server) -> None:
        handlers = {
            method.name: grpc.unary_unary_rpc_method_handler(
                partial(self._answer, method.name, GetMessageClass(method.output_type)),
                request_deserializer=GetMessageClass(method.input_type).FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
            for method in service.methods
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))

    async def _answer(self, method: str, empty: type[Message], request: Any, context: Any) -> Message:
        self.calls.append(Call(method, request, context.time_remaining()))
        say = self._says.get(method) or empty()
        if isinstance(say, Exception):
            raise say
        return say if isinstance(say, Message) else say(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a session."""

    id: str = field(default_factory=uuid7)
    session: str = field(default_factory=uuid7)

    def token(self, *, key: Ed25519PrivateKey = _KEY, kid: str = KID, **claims: object) -> str:
        now = int(time.time())
        usual = {"sub": self.id, "sid": self.session, "iss": "codex", "iat": now, "exp": now + 900}
        return jwt.encode({**usual, **claims}, key, "EdDSA", {"kid": kid})

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}", **{name.replace("_", "-"): v for name, v in more.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    auth_user: Neighbour
    problem: Neighbour
    manage: Neighbour
    collab: Neighbour

    @property
    def all(self) -> tuple[Neighbour, ...]:
        return self.auth_user, self.problem, self.manage, self.collab

    @property
    def calls(self) -> list[Call]:
        return [call for neighbour in self.all for call in neighbour.calls if call.method != "GetSigningKeys"]

    def forget(self) -> None:
        for neighbour in self.all:
            neighbour.forget()
        self.auth_user.say("GetSigningKeys", _keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that serves, a client of it, and its Redis."""

    client: httpx.AsyncClient
    redis: RedisClient
    neighbours: Neighbours

    async def get(self, path: str, user: User | None = None, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=(user or User()).headers(**headers))

    async def post(self, path: str, body: object, user: User | None = None, **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=(user or User()).headers(**headers))


@asynccontextmanager
async def neighbours() -> AsyncIterator[Neighbours]:
    def services(module: Any) -> list[ServiceDescriptor]:
        return list(module.DESCRIPTOR.services_by_name.values())

    them = Neighbours(
        auth_user=Neighbour(*services(auth_service_pb2), *services(user_service_pb2)),
        problem=Neighbour(
            *services(problem_service_pb2), *services(submission_service_pb2), *services(leaderboard_service_pb2)
        ),
        manage=Neighbour(*services(code_manage_service_pb2)),
        collab=Neighbour(*services(collab_service_pb2)),
    )
    them.forget()
    async with AsyncExitStack() as stack:
        for neighbour in them.all:
            await neighbour.start()
            stack.push_async_callback(neighbour.stop)
        yield them


@asynccontextmanager
async def gateway(
    them: Neighbours, redis_url: str, *, telemetry: Telemetry = UNTRACED, **changes: object
) -> AsyncIterator[Gateway]:
    """A gateway between its start and its stop."""
    settings = _settings(them, redis_url, changes)
    url = f"http://{settings.http_address}"
    async with build(settings, telemetry) as service, AsyncExitStack() as stack:
        for server in service.servers:
            await server.start()
            stack.push_async_callback(server.stop, 1)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20, trust_env=False))
        redis = await stack.enter_async_context(open_redis(redis_url))
        yield Gateway(client=client, redis=redis, neighbours=them)


def _settings(them: Neighbours, redis_url: str, changes: Mapping[str, object]) -> Settings:
    usual = {
        "http_address": free_address(),
        "auth_user_target": them.auth_user.address,
        "problem_target": them.problem.address,
        "code_manage_target": them.manage.address,
        "collab_target": them.collab.address,
        "redis_url": redis_url,
    }
    return Settings.model_validate({**usual, **changes})


def _keys() -> auth_service_pb2.GetSigningKeysResponse:
    key = auth_service_pb2.SigningKey(kid=KID, public_key=_KEY.public_key().public_bytes_raw())
    return auth_service_pb2.GetSigningKeysResponse(keys=[key])


async def answers_again(gateway: Gateway, path: str) -> None:
    """Wait until a path is served; raises when it isn't within ten seconds."""

    async def served() -> bool:
        return (await gateway.get(path)).status_code == 200

    await eventually(served)  # type: ignore[arg-type]  # mypy takes the coroutine itself for the value


def assert_refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is an error of RFC 9457 with everything that ours have."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert all(body[name] for name in ("type", "title", "detail"))
    assert body["trace_id"] == response.headers["x-trace-id"]
    assert_dressed(response)
    return body


def assert_dressed(response: httpx.Response) -> None:
    """The answer has a trace id and the security headers."""
    trace_id = response.headers["x-trace-id"]
    assert len(trace_id) == 32
    assert int(trace_id, 16) > 0
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]
