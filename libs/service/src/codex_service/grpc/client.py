"""Channels to the other services."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from codex_service.errors import DependencyUnavailable
from codex_service.telemetry import Telemetry
from codex_service.tls import Tls

# A call that may be repeated is, while its service restarts: four times within about a second.
_RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


@asynccontextmanager
async def connect(
    target: str, *, telemetry: Telemetry, tls: Tls | None, repeatable: Sequence[str] = ()
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to ``target``, spread over its addresses, back within a second of its return.

    ``target`` is host:port, where the host may stand for many addresses, or a list: ``ipv4:10.0.0.1:80,10.0.0.2:80``.

    ``repeatable`` names what may be called again when the callee is unavailable: a service (``codex.x.v1.Service``), or
    one call of it (``codex.x.v1.Service/Call``). The channel is warm when a service that is up has been given a moment
    to answer: a first request pays nothing. With ``tls`` the callee must show a certificate for the target's host,
    which is the first one of a list.
    """
    options = [*_options(repeatable), *_authority(target)]
    if tls:
        channel = grpc.aio.secure_channel(target, _credentials(tls), options=options)
    else:
        channel = grpc.aio.insecure_channel(target, options=options)
    async with telemetry.instrument_channel(channel):
        await _warm(channel)
        yield channel


def _authority(target: str) -> list[tuple[str, str | int]]:
    """A list of addresses is no name that a certificate could have."""
    scheme, colon, addresses = target.partition(":")
    listed = colon and scheme in {"ipv4", "ipv6"}
    return [("grpc.default_authority", addresses.split(",")[0])] if listed else []


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(tls.authority, tls.key, tls.certificate)


async def _warm(channel: grpc.aio.Channel, patience: float = 0.5) -> None:
    channel.get_state(try_to_connect=True)
    try:
        async with asyncio.timeout(patience):
            await channel.channel_ready()
    except TimeoutError:
        return


def _options(repeatable: Sequence[str]) -> list[tuple[str, str | int]]:
    repeated = {"name": [_named(name) for name in repeatable], "retryPolicy": _RETRY}
    config = {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [repeated] if repeatable else []}
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1_000),
        ("grpc.keepalive_time_ms", 10_000),
        ("grpc.keepalive_timeout_ms", 3_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.enable_http_proxy", 0),
    ]


def _named(call: str) -> dict[str, str]:
    service, _, method = call.partition("/")
    return {"service": service, "method": method} if method else {"service": service}


async def ping(channel: grpc.aio.Channel) -> None:
    """Ask a service for its health; raises when it is down or not ready."""
    stub = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=2.0)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise DependencyUnavailable("the service is not ready")
