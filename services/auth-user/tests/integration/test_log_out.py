"""Logging out works at once."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_service.errors import ServiceError
from codex_service.tokens import TokenVerifier

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Down = Callable[[], AbstractAsyncContextManager[None]]


async def session_of(auth: "AuthServiceAsyncStub", tokens: pb.Tokens) -> str:
    return (await TokenVerifier(auth).verify(tokens.access_token)).session


async def test_a_session_that_is_logged_out_is_revoked_and_gives_no_more_tokens(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, redis: Redis
) -> None:
    tokens = (await auth.SignUp(form())).tokens
    session = await session_of(auth, tokens)

    await auth.LogOut(pb.LogOutRequest(session_id=session))

    assert 890 < await redis.ttl(f"revoked:{session}") <= 900
    refused = await refusal(auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=tokens.refresh_token)))
    assert refused.code == "unauthenticated"


async def test_logging_out_may_be_repeated(auth: "AuthServiceAsyncStub", form: Form) -> None:
    session = await session_of(auth, (await auth.SignUp(form())).tokens)

    for _ in range(3):
        await auth.LogOut(pb.LogOutRequest(session_id=session))


async def test_a_logout_that_failed_half_way_is_completed_by_repeating_it(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, redis_down: Down, redis: Redis
) -> None:
    tokens = (await auth.SignUp(form())).tokens
    session = await session_of(auth, tokens)
    async with redis_down():
        assert (await refusal(auth.LogOut(pb.LogOutRequest(session_id=session)))).code == "dependency_unavailable"
        refused = await refusal(auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=tokens.refresh_token)))
        assert refused.code == "unauthenticated"

    await auth.LogOut(pb.LogOutRequest(session_id=session))

    assert await redis.exists(f"revoked:{session}")


@pytest.mark.parametrize("session", ["", "me", "\0"])
async def test_what_is_no_session_is_refused(auth: "AuthServiceAsyncStub", refusal: Refusal, session: str) -> None:
    refused = await refusal(auth.LogOut(pb.LogOutRequest(session_id=session)))

    assert (refused.code, refused.field) == ("invalid_request", "session_id")
