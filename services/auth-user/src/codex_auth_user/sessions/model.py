"""What a session hands out."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from codex_auth_user.accounts.model import User


def token_hash(refresh_token: str) -> bytes:
    """What is stored of a refresh token. It is random and long, so a plain SHA-256 tells nothing."""
    return hashlib.sha256(refresh_token.encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The next pair of tokens of a session, before it is known whether the session may have it.

    ``issued_at`` (seconds since the epoch) is taken before the database is asked. So whoever ends the session
    meanwhile revokes it for longer than the access token lives.
    """

    refresh_token: str = field(repr=False)
    lifetime: timedelta
    issued_at: int

    @property
    def token_hash(self) -> bytes:
        return token_hash(self.refresh_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A user with the tokens of a session. ``expires_in`` is the access token's life in seconds."""

    user: User
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user with the hash of the password."""

    user: User
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that the database knows, and whose it is."""

    session: UUID
    user: User
