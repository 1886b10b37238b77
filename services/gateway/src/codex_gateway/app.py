"""The composition root: everything that the gateway is made of."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp

import codex_telemetry
from codex_gateway.backends import AUTH_USER, Backends, connect_backends
from codex_gateway.guard.guard import Guard
from codex_gateway.http.application import create
from codex_gateway.http.parts import Parts
from codex_gateway.live.live import open_live
from codex_gateway.middleware.envelope import Envelope
from codex_gateway.settings import Settings
from codex_gateway.traces.store import open_trace_store
from codex_service import Service, Telemetry
from codex_service.health import Probe, Readiness
from codex_service.http import HttpServer
from codex_service.redis import RedisClient, open_redis, wait_for_redis
from codex_service.tokens import TokenVerifier

log = structlog.get_logger()

_READINESS_TIMEOUT = 2.0  # seconds: the services ask their own dependencies first


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(settings.redis_url))
        await wait_for_redis(redis)
        guard = Guard(redis)
        await guard.load()
        backends = await stack.enter_async_context(connect_backends(settings, telemetry))
        verifier = TokenVerifier(backends.auth)
        await _fetch_keys(verifier)
        live = await stack.enter_async_context(open_live(settings, redis))
        parts = Parts(
            settings=settings,
            guard=guard,
            limits=settings.limits,
            backends=backends,
            verifier=verifier,
            traces=await stack.enter_async_context(open_trace_store(settings.trace_api_url)),
            live=live,
            readiness=Readiness(_probes(redis, backends, verifier), timeout=_READINESS_TIMEOUT),
        )
        # Live events end before the server does, which waits for what it still serves.
        yield Service([_server(settings, Envelope(_traced(create(parts), telemetry))), live])


def _server(settings: Settings, app: ASGIApp) -> HttpServer:
    return HttpServer(
        settings.http_address,
        app,
        reuse_port=settings.http_reuse_port,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
    )


def _traced(app: FastAPI, telemetry: Telemetry) -> ASGIApp:
    """The application with a span around each request, where tracing is there at all."""
    return telemetry.instrument_fastapi(app) if isinstance(telemetry, codex_telemetry.Telemetry) else app


async def _fetch_keys(verifier: TokenVerifier) -> None:
    """So that the first request needn't. When nobody answers now, the service is not ready until somebody has."""
    try:
        await verifier.prepare()
    except grpc.aio.AioRpcError as error:
        log.warning("no signing keys yet", status=error.code().name)


def _probes(redis: RedisClient, backends: Backends, verifier: TokenVerifier) -> dict[str, Probe]:
    """What must answer, and auth-user must have told its keys."""

    async def auth_user() -> None:
        await backends.probes[AUTH_USER]()
        await verifier.prepare()

    return {"redis": redis.ping, **backends.probes, AUTH_USER: auth_user}
