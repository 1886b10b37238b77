"""What is asked wrongly is refused in one way: RFC 9457, a stable code, the trace's id, and never a 5xx."""

import asyncio
import json
import random
import re
import string

import httpx
import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform, refused
from tests.e2e.spans import Json

SUBMIT = "/api/v1/user/submit"
RUN = "/api/v1/user/run"
EXECUTE = "/api/v1/user/execute"
PROGRAM: Json = {"problem": "two-sum", "language": "python", "code": programs.TWO_SUM}
ROUTES = [
    ("POST", "/api/v1/user/auth/logout"),
    ("GET", "/api/v1/user/profile"),
    ("POST", SUBMIT),
    ("POST", RUN),
    ("POST", EXECUTE),
    ("GET", "/api/v1/user/submissions"),
    ("GET", "/api/v1/user/submissions/1"),
    ("GET", "/api/v1/user/submissions/1/trace"),
    ("GET", "/api/v1/user/leaderboard/global"),
    ("GET", "/api/v1/user/leaderboard/country"),
    ("POST", "/api/v1/user/collab/sessions"),
]
SECURITY = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_users_route_needs_a_user(platform: Platform, method: str, path: str) -> None:
    answer = await platform.http.request(method, path)

    refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/api", "/api/v2/user/submit", "/api/v1/user/nothing", "/api/v1/user/submit/"])
async def test_an_unknown_route_is_not_found(platform: Platform, path: str) -> None:
    refused(await platform.http.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("GET", SUBMIT), ("DELETE", "/api/v1/user/profile"), ("PUT", RUN)])
async def test_a_method_that_a_route_does_not_have_is_not_allowed(platform: Platform, method: str, path: str) -> None:
    answer = await platform.http.request(method, path)

    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (SUBMIT, PROGRAM | {"code": ""}, "code"),
        (SUBMIT, PROGRAM | {"code": "x" * 65_537}, "code"),
        (SUBMIT, PROGRAM | {"code": None}, "code"),
        (SUBMIT, PROGRAM | {"code": 7}, "code"),
        (SUBMIT, PROGRAM | {"code": ["x"]}, "code"),
        (SUBMIT, PROGRAM | {"problem": ""}, "problem"),
        (SUBMIT, PROGRAM | {"author": "eve"}, "author"),
        (SUBMIT, {"problem": "two-sum", "code": "x"}, "language"),
        (RUN, PROGRAM | {"tests": [{"input": 1}]}, "tests.0.input"),
        (RUN, PROGRAM | {"tests": [{"input": "1", "hidden": True}]}, "tests.0.hidden"),
        (RUN, PROGRAM | {"tests": "all"}, "tests"),
        (EXECUTE, {"language": "python", "code": "x", "stdin": 1}, "stdin"),
        (EXECUTE, {"language": "python", "code": "x", "problem": "two-sum"}, "problem"),
        ("/api/v1/user/collab/sessions", {"problem": 1}, "problem"),
    ],
)
async def test_a_body_that_is_not_valid_is_refused_with_its_field(
    platform: Platform, ada: Person, path: str, body: Json, field: str
) -> None:
    errors = refused(await platform.post(ada, path, body), 422, "invalid_request")["errors"]

    assert [error["field"] for error in errors] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"problem": "echo", "language": "python", "code": "\\ud800"}',
        b'{"problem": "echo", "language": "python", "code": NaN}',
    ],
)
async def test_what_is_no_json_object_is_refused(platform: Platform, ada: Person, body: bytes) -> None:
    headers = ada.headers | {"Content-Type": "application/json"}

    refused(await platform.http.post(SUBMIT, content=body, headers=headers), 422, "invalid_request")


async def test_a_body_that_is_not_json_by_its_type_is_unsupported(platform: Platform, ada: Person) -> None:
    for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        headers = ada.headers | {"Content-Type": media_type}
        answer = await platform.http.post(SUBMIT, content=json.dumps(PROGRAM), headers=headers)
        refused(answer, 415, "unsupported_media_type")


async def test_a_body_that_is_too_large_is_refused(platform: Platform, ada: Person) -> None:
    refused(await platform.post(ada, SUBMIT, PROGRAM | {"code": "x" * 262_144}), 413, "payload_too_large")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"problem": "no-such-problem"}, 404, "problem_not_found"),
        ({"language": "cobol"}, 422, "language_unavailable"),
    ],
)
async def test_what_nobody_has_is_refused(
    platform: Platform, ada: Person, change: Json, status: int, code: str
) -> None:
    for path in (SUBMIT, RUN):
        refused(await platform.post(ada, path, PROGRAM | change), status, code)


@pytest.mark.usefixtures("cpp")
async def test_a_function_problem_is_refused_in_a_language_without_a_harness(platform: Platform, ada: Person) -> None:
    languages = {each["id"]: each for each in (await platform.http.get("/api/v1/public/languages")).json()}
    if languages["cpp"]["function_harness"]:
        pytest.skip("C++ can solve function problems here")

    answer = await platform.submit(ada, programs.A_PLUS_B_CPP, language="cpp")
    refused(answer, 422, "language_unavailable")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("/api/v1/public/problems?limit=0", "invalid_request"),
        ("/api/v1/public/problems?limit=101", "invalid_request"),
        ("/api/v1/public/problems?limit=ten", "invalid_request"),
        ("/api/v1/public/problems?difficulty=hopeless", "invalid_request"),
        ("/api/v1/public/problems?cursor=NOT+ONE", "invalid_cursor"),
        ("/api/v1/user/submissions?limit=0", "invalid_request"),
        ("/api/v1/user/submissions?cursor=nonsense", "invalid_cursor"),
        ("/api/v1/user/leaderboard/global?limit=1000", "invalid_request"),
        ("/api/v1/user/leaderboard/country?country=Gondor", "invalid_request"),
    ],
)
async def test_a_query_that_is_not_valid_is_a_bad_request(
    platform: Platform, ada: Person, query: str, code: str
) -> None:
    refused(await platform.get(ada, query), 400, code)


async def test_every_answer_has_a_trace_id_and_the_usual_headers(platform: Platform, ada: Person) -> None:
    answers = [
        await platform.http.get("/api/v1/public/languages"),
        await platform.http.get("/nothing"),
        await platform.get(ada, "/api/v1/user/profile"),
        await platform.submit(ada, programs.TWO_SUM),
        await platform.submit(ada, ""),
    ]

    for answer in answers:
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-trace-id"])
        assert SECURITY.items() <= dict(answer.headers).items()
        assert "server" not in answer.headers
    assert len({answer.headers["x-trace-id"] for answer in answers}) == len(answers)


async def test_answers_tell_what_is_left_of_a_limit(platform: Platform, ada: Person) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM)

    limit, remaining, reset = (int(answer.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    assert 0 <= remaining < limit
    assert reset >= 0


async def test_whoever_has_spent_the_burst_is_told_when_to_come_again(
    platform: Platform, ada: Person, grace: Person
) -> None:
    limit = int((await platform.submit(ada, programs.TWO_SUM)).headers["ratelimit-limit"])
    if limit > 500:
        pytest.skip("the limits of this stack are too wide to be reached")
    cheap = PROGRAM | {"language": "cobol"}

    answers = await asyncio.gather(*(platform.post(ada, SUBMIT, cheap) for _ in range(limit + 30)))

    turned_away = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {422, 429}
    for answer in turned_away:
        refused(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["ratelimit-remaining"] == "0"
    assert (await platform.get(ada, "/api/v1/user/profile")).status_code == 200
    assert (await platform.submit(grace, programs.TWO_SUM)).status_code == 200


async def test_health_and_documents_are_open_to_all(platform: Platform) -> None:
    live, ready, document, docs = [
        await platform.http.get(path) for path in ("/health/live", "/health/ready", "/openapi.json", "/docs")
    ]

    assert {answer.status_code for answer in (live, ready, document, docs)} == {200}
    assert set(ready.json()["dependencies"].values()) == {"up"}
    paths = document.json()["paths"]
    for path in (SUBMIT, RUN, EXECUTE, "/api/v1/user/auth/signup", "/api/v1/user/submissions/{id}/trace"):
        assert path in paths


async def test_two_hundred_bad_requests_of_any_sort_are_never_our_fault(platform: Platform, ada: Person) -> None:
    chance = random.Random(4711)
    requests = [_bad_request(platform, chance, ada) for _ in range(200)]
    few_at_a_time = asyncio.Semaphore(10)

    async def sent(request: httpx.Request) -> tuple[httpx.Request, httpx.Response]:
        async with few_at_a_time:
            return request, await platform.http.send(request)

    answers = await asyncio.gather(*map(sent, requests))

    faults = [(request, answer) for request, answer in answers if answer.status_code >= 500]
    assert faults == []
    for _, answer in answers:
        assert answer.headers["x-trace-id"]
        if answer.status_code >= 400:
            refused(answer, answer.status_code, answer.json()["code"])
    assert sum(answer.status_code >= 400 for _, answer in answers) > 150


def _bad_request(platform: Platform, chance: random.Random, person: Person) -> httpx.Request:
    """A request that is wrong in its path, query, headers or body, or in all of them."""
    method = chance.choice(["GET", "POST", "POST", "PUT", "PATCH", "DELETE"])
    path = chance.choice([path for _, path in ROUTES] + ["/api/v1/public/problems/", "/api/v1/user/submissions/"])
    if chance.random() < 0.3:
        path += "/" + "".join(
            chance.choices(string.printable[:94].replace("?", "").replace("#", ""), k=chance.randint(1, 40))
        )
    names = ("limit", "cursor", "search", "tag", "country", "problem", "difficulty")
    query = {chance.choice(names): _junk_text(chance) for _ in range(chance.randint(0, 3))}
    headers = {
        "Content-Type": chance.choice(["application/json", "application/json", "text/plain", "nonsense", ""]),
        "Prefer": _junk_header(chance),
        "Idempotency-Key": _junk_header(chance),
        "traceparent": _junk_header(chance),
    }
    if chance.random() < 0.8:
        headers |= person.headers
    return platform.http.build_request(method, path, params=query, headers=headers, content=_junk_body(chance))


def _junk_body(chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return chance.randbytes(chance.randint(0, 300))
    fields = ("problem", "language", "code", "tests", "stdin", "username", "email", "password", "refresh_token", "role")
    return json.dumps({chance.choice(fields): _junk_value(chance, 3) for _ in range(chance.randint(0, 6))}).encode()


def _junk_value(chance: random.Random, depth: int) -> object:
    kind = chance.randrange(7 if depth else 5)
    plain = (None, True, chance.randint(-(10**40), 10**40), chance.random() * 1e300, _junk_text(chance))
    if kind < len(plain):
        return plain[kind]
    inner = [_junk_value(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    return inner if kind == 5 else {str(index): value for index, value in enumerate(inner)}


def _junk_text(chance: random.Random) -> str:
    letters = [*string.ascii_letters, "\0", "\n", "\u00e9", "\u202e", "\U0001f600", "'", '"', "$", "{", "%", "\\", "/"]
    return "".join(chance.choices(letters, k=chance.choice([0, 1, 5, 50, 500])))


def _junk_header(chance: random.Random) -> str:
    return "".join(
        chance.choices(string.ascii_letters + string.digits + "-_=,;.\"' ", k=chance.randint(1, 150))
    ).strip()
