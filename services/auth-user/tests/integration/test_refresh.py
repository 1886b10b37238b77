"""Refresh tokens are good once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import grpc
from redis.asyncio import Redis

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_service.errors import ServiceError
from codex_service.tokens import TokenVerifier

if TYPE_CHECKING:
    import asyncpg

    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Serve = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]
Down = Callable[[], AbstractAsyncContextManager[None]]
Until = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]


def refresh(tokens: pb.Tokens) -> pb.RefreshTokensRequest:
    return pb.RefreshTokensRequest(refresh_token=tokens.refresh_token)


async def test_a_refresh_token_gives_a_new_pair_for_the_same_session(auth: "AuthServiceAsyncStub", form: Form) -> None:
    first = await auth.SignUp(form())

    second = await auth.RefreshTokens(refresh(first.tokens))
    third = await auth.RefreshTokens(refresh(second.tokens))

    assert first.user == second.user == third.user
    assert len({answer.tokens.refresh_token for answer in (first, second, third)}) == 3
    verifier = TokenVerifier(auth)
    identities = [await verifier.verify(answer.tokens.access_token) for answer in (first, second, third)]
    assert len({identity.session for identity in identities}) == 1


async def test_a_token_shown_again_ends_the_session_and_revokes_its_access_tokens(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, redis: Redis
) -> None:
    first = await auth.SignUp(form())
    second = await auth.RefreshTokens(refresh(first.tokens))
    third = await auth.RefreshTokens(refresh(second.tokens))

    assert (await refusal(auth.RefreshTokens(refresh(first.tokens)))).code == "unauthenticated"

    assert (await refusal(auth.RefreshTokens(refresh(third.tokens)))).code == "unauthenticated"
    session = (await TokenVerifier(auth).verify(third.tokens.access_token)).session
    assert 890 < await redis.ttl(f"revoked:{session}") <= 900


async def test_the_end_of_one_session_leaves_the_users_others_alone(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    filled = form()
    first = await auth.SignUp(filled)
    other = await auth.LogIn(pb.LogInRequest(email=filled.email, password=filled.password))
    await auth.RefreshTokens(refresh(first.tokens))
    await refusal(auth.RefreshTokens(refresh(first.tokens)))

    assert (await auth.RefreshTokens(refresh(other.tokens))).tokens.refresh_token


async def test_of_those_who_use_one_token_at_once_one_wins_and_the_session_ends(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    for _ in range(20):
        tokens = (await auth.SignUp(form())).tokens

        answers = await asyncio.gather(*(auth.RefreshTokens(refresh(tokens)) for _ in range(8)), return_exceptions=True)

        winners = [answer for answer in answers if isinstance(answer, pb.RefreshTokensResponse)]
        losers = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        assert len(winners) == 1
        assert losers == [grpc.StatusCode.UNAUTHENTICATED] * 7
        assert (await refusal(auth.RefreshTokens(refresh(winners[0].tokens)))).code == "unauthenticated"


async def test_a_token_that_was_never_given_out_ends_nothing(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    tokens = (await auth.SignUp(form())).tokens

    for made_up in ("", "x" * 43, tokens.refresh_token[:-1], tokens.access_token):
        refused = await refusal(auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=made_up)))
        assert refused.code == "unauthenticated"

    assert (await auth.RefreshTokens(refresh(tokens))).tokens.refresh_token


async def test_a_session_that_cannot_be_revoked_now_is_revoked_when_the_token_is_shown_again(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, redis_down: Down, redis: Redis
) -> None:
    first = await auth.SignUp(form())
    second = await auth.RefreshTokens(refresh(first.tokens))
    async with redis_down():
        assert (await refusal(auth.RefreshTokens(refresh(first.tokens)))).code == "dependency_unavailable"
        assert (await refusal(auth.RefreshTokens(refresh(second.tokens)))).code == "unauthenticated"

    assert (await refusal(auth.RefreshTokens(refresh(first.tokens)))).code == "unauthenticated"

    session = (await TokenVerifier(auth).verify(first.tokens.access_token)).session
    assert await redis.exists(f"revoked:{session}")


async def test_a_refresh_token_expires_and_its_session_is_swept_away(
    serve: Serve, form: Form, refusal: Refusal, database: "asyncpg.Connection[asyncpg.Record]", until: Until
) -> None:
    async with serve(refresh_token_ttl=1, sweep_interval=0.1) as channel:
        auth = AuthServiceStub(channel)
        first = await auth.SignUp(form())
        second = await auth.RefreshTokens(refresh(first.tokens))
        session = (await TokenVerifier(auth).verify(first.tokens.access_token)).session

        async def swept() -> bool:
            return not await database.fetchval("SELECT count(*) FROM sessions WHERE id = $1", session)

        await until(swept)

        assert not await database.fetchval("SELECT count(*) FROM spent_tokens WHERE session_id = $1", session)
        assert (await refusal(auth.RefreshTokens(refresh(second.tokens)))).code == "unauthenticated"


async def test_an_expired_token_is_refused_before_it_is_swept_away(
    serve: Serve, form: Form, refusal: Refusal, database: "asyncpg.Connection[asyncpg.Record]", until: Until
) -> None:
    async with serve(refresh_token_ttl=1) as channel:
        auth = AuthServiceStub(channel)
        answer = await auth.SignUp(form())

        async def expired() -> object:
            return await database.fetchval("SELECT expires_at < now() FROM sessions WHERE user_id = $1", answer.user.id)

        await until(expired)

        assert (await refusal(auth.RefreshTokens(refresh(answer.tokens)))).code == "unauthenticated"
