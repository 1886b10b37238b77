"""Accounts and tokens."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codex_gateway.models.base import Answer, Country, Moment, RequestBody, example

# A local part of dot-separated atoms (RFC 5322, RFC 6532), then host labels. Quoted local parts are left out.
_ATOM = r"""[^\s\x00-\x1f\x7f@.,:;<>()\[\]\\"]+"""
_LABEL = r"[^\W_]+(-+[^\W_]+)*"
_EMAIL = rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*$"

_USER: dict[str, Any] = {
    "id": "0192f0c1-7a3e-7d7c-9d6f-0a5b8c2d4e6f",
    "username": "ada",
    "email": "ada@example.com",
    "country": "GB",
    "role": "user",
    "created_at": "2026-01-01T12:00:00.000000Z",
}

Email = Annotated[str, Field(max_length=254, pattern=_EMAIL, examples=["ada@example.com"])]


class SignUp(RequestBody):
    model_config = example(
        {"username": "ada", "email": "ada@example.com", "password": "correct horse", "country": "GB"}
    )

    username: str = Field(pattern=r"^[a-z0-9_]{3,30}$")
    email: Email
    password: str = Field(min_length=8, max_length=128)
    country: Country | None = None


class LogIn(RequestBody):
    model_config = example({"email": "ada@example.com", "password": "correct horse"})

    email: Email
    password: str = Field(min_length=1, max_length=128)


class Refresh(RequestBody):
    model_config = example({"refresh_token": "opaque"})

    refresh_token: str = Field(min_length=1, max_length=512)


class User(Answer):
    """``country`` is null where none was given."""

    model_config = example(_USER)

    id: str
    username: str
    email: str
    country: str | None
    role: str
    created_at: Moment


class Session(Answer):
    """Tokens and whose they are. ``expires_in``: seconds that the access token lives."""

    model_config = example(
        {
            "user": _USER,
            "access_token": "eyJhbGciOiJFZERTQSJ9.e30.c2ln",
            "refresh_token": "opaque",
            "token_type": "Bearer",
            "expires_in": 900.0,
        }
    )

    user: User
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, no token)
    expires_in: float


class Solved(Answer):
    """Problems solved, by difficulty."""

    easy: int
    medium: int
    hard: int


class Profile(User):
    """A user and what they have done. ``submissions``: how many."""

    model_config = example({**_USER, "solved": {"easy": 3, "medium": 1, "hard": 0}, "submissions": 9})

    solved: Solved
    submissions: int
