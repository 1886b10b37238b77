"""The composition root: the only place where the parts of the service meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from codex_collab.grpc.sessions import CollabServicer
from codex_collab.http.app import OPTIONS, application
from codex_collab.http.socket import Sockets
from codex_collab.rooms.hub import Hub
from codex_collab.sessions.admission import Admission
from codex_collab.sessions.repository import SessionRepository
from codex_collab.sessions.service import Sessions
from codex_collab.settings import Settings
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_protos.collab.v1.collab_service_pb2_grpc import add_CollabServiceServicer_to_server
from codex_service import Service, Telemetry, redis
from codex_service.grpc.client import connect
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_service.http import HttpServer
from codex_service.tokens import TokenVerifier


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(redis.open_redis(settings.redis_url))
        await redis.wait_for_redis(client)
        channel = await stack.enter_async_context(
            connect(
                settings.auth_user_target,
                telemetry=telemetry,
                repeatable=["codex.authuser.v1.AuthService"],
                tls=settings.tls,
            )
        )
        outages = Outages(*redis.OUTAGES)
        sessions = Sessions(SessionRepository(client))
        admission = Admission(TokenVerifier(AuthServiceStub(channel)), sessions, client)
        hub = Hub(client)
        servicer = CollabServicer(sessions, settings.websocket_url)
        grpc_server = GrpcServer(
            settings.grpc_address,
            [partial(add_CollabServiceServicer_to_server, servicer)],
            readiness=Readiness({"redis": client.ping}),
            telemetry=telemetry,
            outages=outages,
            tls=settings.tls,
        )
        http_server = HttpServer(
            settings.http_address,
            application(Sockets(admission, hub, outages)),
            reuse_port=settings.http_reuse_port,
            **OPTIONS,
        )
        yield Service([hub, grpc_server, http_server])
