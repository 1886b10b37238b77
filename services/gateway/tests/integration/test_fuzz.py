"""Whatever is sent: an answer of the API, never a failure of ours."""

import json
import random
from typing import Any

import pytest
from services.gateway.tests.integration.test_identity import ROUTES
from services.gateway.tests.integration.world import Gateway, User, assert_refused

PATHS = [
    *ROUTES,
    ("POST", "/api/v1/user/auth/signup"),
    ("POST", "/api/v1/user/auth/login"),
    ("POST", "/api/v1/user/auth/refresh"),
    ("GET", "/api/v1/public/languages"),
    ("GET", "/api/v1/public/problems"),
    ("GET", "/api/v1/public/problems/%ff%00"),
]
FIELDS = ("problem", "language", "code", "tests", "stdin", "username", "email", "password", "country", "refresh_token")
HEADERS = ("Authorization", "Content-Type", "Prefer", "Idempotency-Key", "traceparent", "X-Forwarded-For", "Accept")
LETTERS = [*range(0x21, 0x7F), *range(0x80, 0x100)]  # with others it is no HTTP
WORDS = (
    "",
    "a",
    "python",
    "ada@example.com",
    "application/json",
    "Bearer x",
    "wait=5",
    "\ud800",
    "\x00",
    "é" * 40,
    "0",
)
QUERIES = ("limit", "cursor", "country", "search", "tag", "difficulty", "problem")


def _value(chance: random.Random, depth: int = 0) -> Any:
    kinds: list[Any] = [None, True, chance.randint(-(10**20), 10**20), 1e308, chance.choice(WORDS)]
    if depth < 3:
        kinds += [
            [_value(chance, depth + 1) for _ in range(3)],
            {chance.choice((*FIELDS, *WORDS)): _value(chance, depth + 1)},
        ]
    return chance.choice(kinds)


def _body(chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return chance.randbytes(chance.randint(0, 300))
    fields = {name: _value(chance) for name in chance.sample(FIELDS, chance.randint(0, 6))}
    return json.dumps(fields).encode()


def _headers(chance: random.Random) -> list[tuple[bytes, bytes]]:
    usual = User().headers() if chance.random() < 0.7 else {}
    if chance.random() < 0.7:
        usual["Content-Type"] = "application/json"
    odd = [
        (chance.choice(HEADERS), bytes(chance.choice(LETTERS) for _ in range(chance.randint(1, 30))))
        for _ in range(chance.randint(0, 3))
    ]
    return [(name.encode(), value.encode()) for name, value in usual.items()] + [(n.encode(), v) for n, v in odd]


@pytest.mark.parametrize("seed", range(6))
async def test_no_request_is_answered_by_a_failure(gateway: Gateway, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        method, path = chance.choice(PATHS)
        query = {chance.choice(QUERIES): chance.choice(("", "1", "-1", "9" * 30, "\x00", "é", "GB"))}
        body, headers = _body(chance), _headers(chance)

        response = await gateway.client.request(method, path, params=query, content=body, headers=headers)

        said = (method, path, query, body, headers, response.text)
        assert response.status_code < 500, said
        assert len(response.headers["x-trace-id"]) == 32
        if response.status_code >= 400:
            assert_refused(response, response.status_code, response.json()["code"])
