"""Accounts, sessions and the tokens that say whose they are."""

import asyncio
import base64
import json
import re
import uuid

import httpx
import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform, refused
from tests.e2e.spans import Json

AUTH = "/api/v1/user/auth"
PROFILE = "/api/v1/user/profile"


def newcomer(**changes: object) -> Json:
    name = f"n_{uuid.uuid4().hex[:16]}"
    return {"username": name, "email": f"{name}@example.org", "password": "correct horse"} | changes


async def log_in(platform: Platform, email: str, password: str) -> httpx.Response:
    return await platform.http.post(f"{AUTH}/login", json={"email": email, "password": password})


async def refresh(platform: Platform, token: str) -> httpx.Response:
    return await platform.http.post(f"{AUTH}/refresh", json={"refresh_token": token})


async def profile(platform: Platform, access_token: str) -> httpx.Response:
    return await platform.http.get(PROFILE, headers={"Authorization": f"Bearer {access_token}"})


async def test_signing_up_gives_a_user_and_tokens_that_work(platform: Platform) -> None:
    body = newcomer(country="DE")
    answer = await platform.http.post(f"{AUTH}/signup", json=body)

    assert answer.status_code == 201
    session = answer.json()
    assert session.keys() == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    assert (session["token_type"], session["expires_in"]) == ("Bearer", 900)
    user = session["user"]
    assert (user["username"], user["email"], user["country"]) == (body["username"], body["email"], "DE")
    assert user["role"] == "user"
    assert "password" not in answer.text
    assert (await profile(platform, session["access_token"])).json()["id"] == user["id"]


async def test_a_profile_begins_empty(platform: Platform, ada: Person) -> None:
    shown = (await platform.get(ada, PROFILE)).json()

    assert shown.keys() == {"id", "username", "email", "country", "role", "created_at", "solved", "submissions"}
    assert (shown["username"], shown["email"], shown["country"]) == (ada.name, ada.email, None)
    assert shown["solved"] == {"easy": 0, "medium": 0, "hard": 0}
    assert shown["submissions"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", shown["created_at"])


async def test_logging_in_gives_the_same_user(platform: Platform, ada: Person) -> None:
    answer = await log_in(platform, ada.email, ada.password)

    assert answer.status_code == 200
    assert answer.json()["user"]["username"] == ada.name
    assert (await profile(platform, answer.json()["access_token"])).status_code == 200


async def test_an_address_is_the_same_in_any_case(platform: Platform, ada: Person) -> None:
    assert (await log_in(platform, ada.email.upper(), ada.password)).status_code == 200
    refused(await platform.http.post(f"{AUTH}/signup", json=newcomer(email=ada.email.upper())), 409, "conflict")


async def test_a_taken_name_or_address_is_a_conflict(platform: Platform, ada: Person) -> None:
    refused(await platform.http.post(f"{AUTH}/signup", json=newcomer(username=ada.name)), 409, "conflict")
    refused(await platform.http.post(f"{AUTH}/signup", json=newcomer(email=ada.email)), 409, "conflict")


async def test_of_ten_who_want_one_name_at_once_one_gets_it(platform: Platform) -> None:
    bodies = [newcomer(username=newcomer()["username"]) for _ in range(10)]
    name = bodies[0]["username"]
    answers = await asyncio.gather(
        *(platform.http.post(f"{AUTH}/signup", json=body | {"username": name}) for body in bodies)
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(platform: Platform, ada: Person) -> None:
    wrong = refused(await log_in(platform, ada.email, "not this one"), 401, "unauthenticated")
    unknown = refused(await log_in(platform, "nobody@example.org", "not this one"), 401, "unauthenticated")

    assert wrong["detail"] == unknown["detail"]


async def test_after_many_wrong_passwords_the_right_one_is_refused_as_well(platform: Platform, ada: Person) -> None:
    for _ in range(10):
        refused(await log_in(platform, ada.email, "not this one"), 401, "unauthenticated")

    answer = await log_in(platform, ada.email, ada.password)
    refused(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_refresh_token_is_changed_for_new_ones(platform: Platform, ada: Person) -> None:
    answer = await refresh(platform, ada.refresh_token)

    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != ada.refresh_token
    assert (await profile(platform, answer.json()["access_token"])).json()["username"] == ada.name
    assert (await refresh(platform, answer.json()["refresh_token"])).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_whole_family(platform: Platform, ada: Person) -> None:
    stolen = (await refresh(platform, ada.refresh_token)).json()

    refused(await refresh(platform, ada.refresh_token), 401, "unauthenticated")
    refused(await refresh(platform, stolen["refresh_token"]), 401, "unauthenticated")
    refused(await profile(platform, stolen["access_token"]), 401, "unauthenticated")
    refused(await profile(platform, ada.access_token), 401, "unauthenticated")
    assert (await log_in(platform, ada.email, ada.password)).status_code == 200


async def test_of_ten_who_use_one_refresh_token_at_once_one_at_most_gets_tokens(
    platform: Platform, ada: Person
) -> None:
    answers = await asyncio.gather(*(refresh(platform, ada.refresh_token) for _ in range(10)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) <= 1
    assert set(statuses) <= {200, 401}


async def test_logging_out_ends_the_session_at_once_and_no_other(platform: Platform, ada: Person) -> None:
    other = (await log_in(platform, ada.email, ada.password)).json()

    answer = await platform.http.post(f"{AUTH}/logout", headers=ada.headers)

    assert (answer.status_code, answer.content) == (204, b"")
    refused(await platform.get(ada, PROFILE), 401, "unauthenticated")
    refused(await platform.submit(ada, programs.TWO_SUM), 401, "unauthenticated")
    refused(await refresh(platform, ada.refresh_token), 401, "unauthenticated")
    assert (await profile(platform, other["access_token"])).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 5000])
async def test_a_token_that_proves_nothing_is_refused(platform: Platform, token: str) -> None:
    refused(await profile(platform, token), 401, "unauthenticated")


async def test_a_token_whose_claims_were_changed_is_refused(platform: Platform, ada: Person, grace: Person) -> None:
    head, _, signature = ada.access_token.split(".")
    _, claims, _ = grace.access_token.split(".")

    refused(await profile(platform, f"{head}.{claims}.{signature}"), 401, "unauthenticated")


async def test_a_token_without_a_signature_is_refused(platform: Platform, ada: Person) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    claims = ada.access_token.split(".")[1]

    refused(await profile(platform, f"{head}.{claims}."), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "Ada"),
        ("username", "ab"),
        ("username", "a" * 31),
        ("username", "a-b-c"),
        ("password", "1234567"),
        ("password", "x" * 129),
        ("email", "no address"),
        ("email", "ada@"),
        ("country", "Gondor"),
        ("country", "de"),
        ("username", None),
        ("email", 7),
        ("role", "admin"),
    ],
)
async def test_a_field_that_is_not_valid_is_named(platform: Platform, field: str, value: object) -> None:
    answer = await platform.http.post(f"{AUTH}/signup", json=newcomer(**{field: value}))

    assert [error["field"] for error in refused(answer, 422, "invalid_request")["errors"]] == [field]


async def test_all_fields_that_are_missing_are_named(platform: Platform) -> None:
    answer = await platform.http.post(f"{AUTH}/signup", json={})

    fields = {error["field"] for error in refused(answer, 422, "invalid_request")["errors"]}
    assert fields == {"username", "email", "password"}
