"""Idempotency keys, as far as the gateway sees them."""

import hashlib

import pytest
from services.gateway.tests.integration.test_judging import PROGRAM, SUBMIT, answers, submission
from services.gateway.tests.integration.world import Gateway, User, assert_refused

from codex_service.errors import Conflict
from codex_testing.judging import judgement

DIGEST = hashlib.sha256(b"echo\0python\0print(input())").hexdigest()


async def test_a_key_goes_on_to_where_submissions_are_kept(gateway: Gateway) -> None:
    answers(gateway, submission(judgement()))

    response = await gateway.post(SUBMIT, PROGRAM, Idempotency_Key="key-1")

    assert response.status_code == 200
    assert "idempotent-replay" not in response.headers
    assert gateway.neighbours.manage.last.idempotency_key == "key-1"


async def test_a_replay_is_said_to_be_one(gateway: Gateway) -> None:
    user = User()
    await gateway.redis.set(f"idempotency:{user.id}:key-1", DIGEST)
    answers(gateway, submission(judgement()), replayed=True)

    response = await gateway.post(SUBMIT, PROGRAM, user, Idempotency_Key="key-1")

    assert response.status_code == 200
    assert response.headers["idempotent-replay"] == "true"


async def test_a_key_that_came_with_another_body_is_refused_at_once(gateway: Gateway) -> None:
    user = User()
    await gateway.redis.set(f"idempotency:{user.id}:key-1", DIGEST)

    response = await gateway.post(SUBMIT, {**PROGRAM, "code": "print()"}, user, Idempotency_Key="key-1")

    assert_refused(response, 409, "idempotency_key_reused")
    assert gateway.neighbours.calls == []


async def test_a_key_is_its_users_own(gateway: Gateway) -> None:
    await gateway.redis.set(f"idempotency:{User().id}:key-1", DIGEST)
    answers(gateway, submission(judgement()))

    response = await gateway.post(SUBMIT, {**PROGRAM, "code": "print()"}, Idempotency_Key="key-1")

    assert response.status_code == 200


async def test_what_the_database_knows_better_is_believed(gateway: Gateway) -> None:
    class Reused(Conflict):
        code = "idempotency_key_reused"

    gateway.neighbours.manage.say("SubmitCode", Reused("the key came with another body"))

    response = await gateway.post(SUBMIT, PROGRAM, Idempotency_Key="key-1")

    assert_refused(response, 409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "caf\u00e9", "a\tb"])
async def test_a_key_of_other_characters_is_a_bad_request(gateway: Gateway, key: str) -> None:
    headers = [*User().headers().items(), ("Idempotency-Key", key.encode())]

    response = await gateway.client.post(SUBMIT, json=PROGRAM, headers=headers)  # type: ignore[arg-type]

    refused = assert_refused(response, 400, "invalid_request")
    assert refused["errors"][0]["field"] == "Idempotency-Key"
    assert gateway.neighbours.calls == []
