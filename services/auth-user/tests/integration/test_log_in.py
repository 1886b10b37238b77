"""Logging in, and guessing."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from statistics import median
from typing import TYPE_CHECKING

import grpc
from redis.asyncio import Redis

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_service.errors import ServiceError

if TYPE_CHECKING:
    import asyncpg

    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Serve = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]
Down = Callable[[], AbstractAsyncContextManager[None]]


def right(form: pb.SignUpRequest) -> pb.LogInRequest:
    return pb.LogInRequest(email=form.email, password=form.password)


def wrong(form: pb.SignUpRequest) -> pb.LogInRequest:
    return pb.LogInRequest(email=form.email, password="wrong horse")


async def test_the_case_of_an_address_does_not_matter(auth: "AuthServiceAsyncStub", form: Form) -> None:
    filled = form()
    user = (await auth.SignUp(filled)).user

    answer = await auth.LogIn(pb.LogInRequest(email=filled.email.upper(), password=filled.password))

    assert answer.user == user


async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    known = form()
    await auth.SignUp(known)

    wrong_password, unknown_address = await refusal(auth.LogIn(wrong(known))), await refusal(auth.LogIn(right(form())))

    assert wrong_password.code == unknown_address.code == "unauthenticated"
    assert (wrong_password.message, wrong_password.field) == (unknown_address.message, unknown_address.field)


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(serve: Serve, form: Form, refusal: Refusal) -> None:
    async with serve(argon2_memory=19 * 1024, argon2_passes=2, login_failures=1000) as channel:
        auth = AuthServiceStub(channel)
        known, unknown = form(), form()
        await auth.SignUp(known)

        async def duration(form: pb.SignUpRequest) -> float:
            began = time.perf_counter()
            await refusal(auth.LogIn(wrong(form)))
            return time.perf_counter() - began

        pairs = [(await duration(known), await duration(unknown)) for _ in range(9)]

    # Without a hash to compare, the answer comes some ten times faster.
    assert 0.4 < median(unknown / known for known, unknown in pairs) < 2.5


async def test_after_too_many_wrong_passwords_the_right_one_is_refused_until_the_window_ends(
    serve: Serve, form: Form, refusal: Refusal, until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    async with serve(login_failures=3, login_window=1.0) as channel:
        auth = AuthServiceStub(channel)
        filled = form()
        await auth.SignUp(filled)

        codes = [(await refusal(auth.LogIn(wrong(filled)))).code for _ in range(4)]

        assert codes == ["unauthenticated"] * 3 + ["rate_limited"]
        assert (await refusal(auth.LogIn(right(filled)))).code == "rate_limited"

        async def admitted() -> bool:
            return bool((await auth.LogIn(right(filled))).user.id)

        await until(admitted)


async def test_guesses_that_come_all_at_once_are_counted_like_others(auth: "AuthServiceAsyncStub", form: Form) -> None:
    filled = form()
    await auth.SignUp(filled)
    guesses = [auth.LogIn(wrong(filled)) for _ in range(40)]

    answers = await asyncio.gather(*guesses, return_exceptions=True)

    codes = Counter(answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError))
    assert codes == {grpc.StatusCode.UNAUTHENTICATED: 10, grpc.StatusCode.RESOURCE_EXHAUSTED: 30}


async def test_the_right_password_makes_earlier_mistakes_forgotten(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    filled = form()
    await auth.SignUp(filled)

    for _ in range(3):
        for _ in range(9):
            assert (await refusal(auth.LogIn(wrong(filled)))).code == "unauthenticated"
        await auth.LogIn(right(filled))


async def test_the_throttle_survives_redis_forgetting_its_scripts(
    auth: "AuthServiceAsyncStub", form: Form, redis: Redis
) -> None:
    filled = form()
    await auth.SignUp(filled)
    await redis.script_flush()

    assert (await auth.LogIn(right(filled))).tokens.access_token


async def test_nobody_gets_in_while_failures_cannot_be_counted(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, redis_down: Down
) -> None:
    filled = form()
    await auth.SignUp(filled)

    async with redis_down():
        assert (await refusal(auth.LogIn(right(filled)))).code == "dependency_unavailable"

    assert (await auth.LogIn(right(filled))).tokens.access_token


async def test_a_password_of_an_older_cost_is_hashed_anew_when_its_owner_logs_in(
    auth: "AuthServiceAsyncStub", serve: Serve, form: Form, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    filled = form()
    await auth.SignUp(filled)

    async with serve(argon2_memory=128, argon2_passes=2) as channel:
        await AuthServiceStub(channel).LogIn(right(filled))

    stored = await database.fetchval("SELECT password_hash FROM users WHERE username = $1", filled.username)
    assert stored.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert (await auth.LogIn(right(filled))).tokens.access_token


async def test_logins_beyond_what_can_be_hashed_in_time_are_told_so(serve: Serve, form: Form) -> None:
    async with serve(argon2_memory=64 * 1024, argon2_concurrency=1, argon2_patience=0.2) as channel:
        auth = AuthServiceStub(channel)

        answers = await asyncio.gather(*(auth.LogIn(right(form())) for _ in range(40)), return_exceptions=True)

    codes = {answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)}
    assert codes == {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE}
