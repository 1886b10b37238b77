"""Who somebody is, and for how long."""

import time
from base64 import urlsafe_b64encode
from contextlib import AsyncExitStack

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.world import Gateway, Neighbours, User, answers_again, assert_refused

PROFILE = "/api/v1/user/profile"
ROUTES = [
    ("POST", "/api/v1/user/auth/logout"),
    ("GET", PROFILE),
    ("POST", "/api/v1/user/submit"),
    ("POST", "/api/v1/user/run"),
    ("POST", "/api/v1/user/execute"),
    ("GET", "/api/v1/user/submissions"),
    ("GET", "/api/v1/user/submissions/1"),
    ("GET", "/api/v1/user/submissions/1/trace"),
    ("GET", "/api/v1/user/leaderboard/global"),
    ("GET", "/api/v1/user/leaderboard/country"),
    ("POST", "/api/v1/user/collab/sessions"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_users_route_needs_a_user(gateway: Gateway, method: str, path: str) -> None:
    response = await gateway.client.request(method, path)

    assert_refused(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer realm="codex"'
    assert gateway.neighbours.calls == []


def _nested() -> str:
    return urlsafe_b64encode(b"[" * 3_000).decode() + ".e30.AA"


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        "x" * 5_000,
        "\u00e9.\u00e9.\u00e9",
        _nested(),
        User().token(exp=int(time.time()) - 1),
        User().token(iss="somebody else"),
        User().token(kid="unknown"),
        User().token(key=Ed25519PrivateKey.generate()),
    ],
)
async def test_a_token_that_proves_nothing_is_refused(gateway: Gateway, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode()}

    response = await gateway.client.get(PROFILE, headers=headers)

    assert_refused(response, 401, "unauthenticated")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_session_that_has_ended_is_refused_at_once(gateway: Gateway) -> None:
    user = User()
    assert (await gateway.get(PROFILE, user)).status_code != 401

    await gateway.redis.set(f"revoked:{user.session}", b"1")

    assert_refused(await gateway.get(PROFILE, user), 401, "unauthenticated")
    assert (await gateway.get(PROFILE, User(id=user.id))).status_code != 401


async def test_logging_out_ends_the_session_of_the_token(gateway: Gateway) -> None:
    user = User()

    response = await gateway.client.post("/api/v1/user/auth/logout", headers=user.headers())

    assert response.status_code == 204
    assert response.content == b""
    assert gateway.neighbours.auth_user.last.session_id == user.session


async def test_what_anybody_may_read_may_be_read_with_any_token(gateway: Gateway) -> None:
    response = await gateway.client.get("/api/v1/public/languages", headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 200


async def test_keys_that_could_not_be_had_at_the_start_are_fetched_when_they_are_needed(
    neighbours: Neighbours, serve: Serve
) -> None:
    user = User()

    async with AsyncExitStack() as stack:
        async with neighbours.auth_user.down():
            gateway = await stack.enter_async_context(serve())
            assert_refused(await gateway.get(PROFILE, user), 503, "dependency_unavailable")
        await answers_again(gateway, "/api/v1/user/leaderboard/global")
