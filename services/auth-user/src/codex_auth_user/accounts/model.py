"""Users, and what a form must hold to become one."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from codex_auth_user.accounts import rules


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with an account. ``country`` is an ISO 3166-1 alpha-2 code or empty, ``role`` is user or admin."""

    id: UUID
    username: str
    email: str = field(repr=False)
    country: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """How many problems of each difficulty somebody has solved."""

    easy: int
    medium: int
    hard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What somebody sees of themselves."""

    user: User
    solved: Solved
    submissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A filled-in form; one that breaks a rule can't be made: InvalidRequest names the field."""

    username: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    country: str

    def __post_init__(self) -> None:
        rules.check_username(self.username)
        rules.check_email(self.email)
        rules.check_password(self.password)
        rules.check_country(self.country)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody logs in with. It need not be right, only sane: InvalidRequest names a field that isn't."""

    email: str = field(repr=False)
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        rules.check_text(self.email, "email", at_most=rules.LONGEST_EMAIL)
        rules.check_text(self.password, "password", at_most=rules.LONGEST_PASSWORD)
