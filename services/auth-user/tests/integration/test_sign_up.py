"""Becoming a user."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_service.errors import ServiceError
from codex_service.tokens import TokenVerifier

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]


async def test_a_new_user_is_signed_in_at_once(auth: "AuthServiceAsyncStub", form: Form) -> None:
    filled = form(country="IN")

    answer = await auth.SignUp(filled)

    identity = await TokenVerifier(auth).verify(answer.tokens.access_token)
    assert (identity.user, identity.username, identity.role) == (answer.user.id, filled.username, "user")
    assert answer.tokens.expires_in.ToTimedelta() == timedelta(minutes=15)
    assert (answer.user.username, answer.user.email, answer.user.country) == (filled.username, filled.email, "IN")
    assert abs(answer.user.created_at.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_of_twenty_who_want_one_name_at_once_one_gets_it(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    name = form().username
    sent = [auth.SignUp(form(username=name)) for _ in range(20)]

    answers = await asyncio.gather(*sent, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert len(refused) == 19
    assert {error.code() for error in refused} == {grpc.StatusCode.ALREADY_EXISTS}
    conflict = await refusal(auth.SignUp(form(username=name)))
    assert (conflict.code, conflict.field) == ("conflict", "username")


async def test_an_address_is_taken_whatever_its_case(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal
) -> None:
    email = (await auth.SignUp(form())).user.email

    conflict = await refusal(auth.SignUp(form(email=email.upper())))

    assert (conflict.code, conflict.field) == ("conflict", "email")


@pytest.mark.parametrize(
    ("field", "value"), [("username", "Ada"), ("email", "ada"), ("password", "secret\0secret"), ("country", "XX")]
)
async def test_a_form_that_breaks_a_rule_comes_back_with_the_field(
    auth: "AuthServiceAsyncStub", form: Form, refusal: Refusal, field: str, value: str
) -> None:
    refused = await refusal(auth.SignUp(form(**{field: value})))

    assert (refused.code, refused.field) == ("invalid_request", field)
