"""Stores go down and come back; the service stays."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_service.errors import ServiceError

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Down = Callable[[], AbstractAsyncContextManager[None]]


async def health(channel: grpc.aio.Channel) -> int:
    answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    return int(answer.status)


async def test_while_postgres_is_down_calls_say_so_and_afterwards_all_is_well_without_a_restart(
    channel: grpc.aio.Channel, auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, postgres_down: Down
) -> None:
    filled = form()
    tokens = (await auth.SignUp(filled)).tokens
    log_in = pb.LogInRequest(email=filled.email, password=filled.password)
    refresh = pb.RefreshTokensRequest(refresh_token=tokens.refresh_token)

    async with postgres_down():
        calls: list[Awaitable[object]] = [
            *(auth.LogIn(log_in, timeout=5) for _ in range(15)),
            auth.SignUp(form(), timeout=5),
            auth.RefreshTokens(refresh, timeout=5),
        ]
        assert {(await refusal(call)).code for call in calls} == {"dependency_unavailable"}
        assert await health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING
        assert (await auth.GetSigningKeys(pb.GetSigningKeysRequest())).keys

    # The failures of the outage count as nobody's wrong passwords, and the refresh token was not spent.
    assert (await auth.LogIn(log_in)).user.username == filled.username
    assert (await auth.RefreshTokens(refresh)).tokens.access_token
    assert await health(channel) == health_pb2.HealthCheckResponse.SERVING


async def test_without_redis_the_service_is_not_ready(channel: grpc.aio.Channel, redis_down: Down) -> None:
    async with redis_down():
        assert await health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING

    assert await health(channel) == health_pb2.HealthCheckResponse.SERVING
