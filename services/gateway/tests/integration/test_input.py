"""What is not valid is refused before anything is asked."""

import asyncio
from typing import Any

import pytest
from services.gateway.tests.integration.world import Gateway, User, assert_refused

SUBMIT = "/api/v1/user/submit"
SIGN_UP = "/api/v1/user/auth/signup"
PROGRAM: dict[str, Any] = {"problem": "echo", "language": "python", "code": "print(input())"}
PERSON: dict[str, Any] = {"username": "ada", "email": "ada@example.com", "password": "correct horse"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (SUBMIT, {**PROGRAM, "code": ""}, "code"),
        (SUBMIT, {**PROGRAM, "code": "x" * 65_537}, "code"),
        (SUBMIT, {**PROGRAM, "code": 7}, "code"),
        (SUBMIT, {**PROGRAM, "code": None}, "code"),
        (SUBMIT, {**PROGRAM, "problem": ""}, "problem"),
        (SUBMIT, {"problem": "echo", "language": "python"}, "code"),
        (SUBMIT, {**PROGRAM, "author": "eve"}, "author"),
        (SUBMIT, [], "body"),
        ("/api/v1/user/run", {**PROGRAM, "tests": [{"input": 1}]}, "tests.0.input"),
        ("/api/v1/user/run", {**PROGRAM, "tests": [{"input": "1", "public": True}]}, "tests.0.public"),
        ("/api/v1/user/execute", {"language": "python", "code": "x", "stdin": ["a"]}, "stdin"),
        ("/api/v1/user/collab/sessions", {"problem": 1}, "problem"),
        (SIGN_UP, {**PERSON, "username": "Ada"}, "username"),
        (SIGN_UP, {**PERSON, "username": "ad"}, "username"),
        (SIGN_UP, {**PERSON, "username": "a" * 31}, "username"),
        (SIGN_UP, {**PERSON, "username": "ada\n"}, "username"),
        (SIGN_UP, {**PERSON, "password": "x" * 7}, "password"),
        (SIGN_UP, {**PERSON, "password": "x" * 129}, "password"),
        (SIGN_UP, {**PERSON, "email": "ada"}, "email"),
        (SIGN_UP, {**PERSON, "email": "ada @example.com"}, "email"),
        (SIGN_UP, {**PERSON, "country": "gb"}, "country"),
        (SIGN_UP, {**PERSON, "role": "admin"}, "role"),
        ("/api/v1/user/auth/login", {"email": "ada@example.com"}, "password"),
        ("/api/v1/user/auth/refresh", {"refresh_token": ""}, "refresh_token"),
    ],
)
async def test_a_body_that_is_not_valid_is_refused_with_the_field(
    gateway: Gateway, path: str, body: object, field: str
) -> None:
    refused = assert_refused(await gateway.post(path, body), 422, "invalid_request")

    assert [error["field"] for error in refused["errors"]] == [field]
    assert all(error["message"] for error in refused["errors"])
    assert gateway.neighbours.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"code": "\xff"}',
        b"[" * 100_000,
        b'{"problem": ' + b"9" * 5_000 + b"}",
        b'{"problem": "echo", "language": "python", "code": "\\ud800"}',
        b'{"problem": "echo", "language": "python", "code": "x", "\\udfff": 1}',
        b'{"problem": "echo", "language": "python", "code": NaN}',
    ],
)
async def test_what_is_no_json_or_no_unicode_is_refused(gateway: Gateway, body: bytes) -> None:
    headers = User().headers(Content_Type="application/json")

    response = await gateway.client.post(SUBMIT, content=body, headers=headers)

    refused = assert_refused(response, 422, "invalid_request")
    assert refused.get("errors", [{"field": "x"}])[0]["field"]


async def test_many_faults_make_a_short_answer(gateway: Gateway) -> None:
    response = await gateway.post(SUBMIT, {f"field{n}" * 100: n for n in range(200)})

    refused = assert_refused(response, 422, "invalid_request")
    assert len(refused["errors"]) == 20
    assert len(response.content) < 20_000


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"]
)
async def test_a_body_that_is_not_said_to_be_json_is_an_unsupported_media_type(
    gateway: Gateway, media_type: str
) -> None:
    headers = User().headers(Content_Type=media_type)
    response = await gateway.client.post(SUBMIT, content=b'{"problem": "echo"}', headers=headers)

    assert_refused(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/public/problems?limit=0", "invalid_request"),
        ("/api/v1/public/problems?limit=101", "invalid_request"),
        ("/api/v1/public/problems?limit=ten", "invalid_request"),
        ("/api/v1/public/problems?difficulty=hopeless", "invalid_request"),
        ("/api/v1/public/problems?search=%00", "invalid_request"),
        ("/api/v1/user/submissions?limit=-1", "invalid_request"),
        ("/api/v1/user/leaderboard/country", "invalid_request"),
        ("/api/v1/user/leaderboard/country?country=Gondor", "invalid_request"),
    ],
)
async def test_a_query_that_is_not_valid_is_a_bad_request(gateway: Gateway, path: str, code: str) -> None:
    refused = assert_refused(await gateway.get(path), 400, code)

    assert refused["errors"][0]["field"] in path or refused["errors"][0]["field"] == "country"
    assert gateway.neighbours.calls == []


async def test_a_long_code_of_any_letters_arrives_whole(gateway: Gateway) -> None:
    code = "é" * 65_536
    await gateway.post(SUBMIT, {**PROGRAM, "code": code})

    assert gateway.neighbours.manage.last.code == code


async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(gateway: Gateway) -> None:
    status = await _talk(gateway, b"Content-Length: 262145\r\n\r\n")

    assert status == 413


async def test_a_body_that_turns_out_too_large_is_refused_before_it_ends(gateway: Gateway) -> None:
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"

    status = await _talk(gateway, b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 9)

    assert status == 413


async def test_a_body_that_is_too_large_is_refused_like_everything_else(gateway: Gateway) -> None:
    response = await gateway.post(SUBMIT, {**PROGRAM, "code": "x" * 262_144})

    assert_refused(response, 413, "payload_too_large")


async def _talk(gateway: Gateway, rest: bytes) -> int:
    """Send the beginning of a request and nothing more; the status of the answer."""
    reader, writer = await asyncio.open_connection(gateway.client.base_url.host, gateway.client.base_url.port)
    token = User().token().encode()
    head = b"POST " + SUBMIT.encode() + b" HTTP/1.1\r\nHost: codex\r\nContent-Type: application/json\r\n"
    writer.write(head + b"Authorization: Bearer " + token + b"\r\n" + rest)
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert b"application/problem+json" in answer
    return int(answer.split()[1])
