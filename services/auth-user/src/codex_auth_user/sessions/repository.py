"""Sessions in PostgreSQL.

A session is a family of refresh tokens. Its row holds the hash of the one that is good; those used before lie in
``spent_tokens``, to be known again when somebody shows one.
"""

from uuid import UUID

from codex_auth_user.accounts.repository import user_from
from codex_auth_user.sessions.model import Account, Grant, Opened
from codex_service.postgres import Pool

_ACCOUNT = """
SELECT id, username, email, country, role, created_at, password_hash FROM users WHERE email_key = $1
"""

_REHASH = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2"

_OPEN = "INSERT INTO sessions (id, user_id, token_hash, expires_at) VALUES ($1, $2, $3, now() + $4)"

# The row is the lock: whoever comes second waits for it and finds another hash there.
_ROTATE = """
WITH rotated AS (
    UPDATE sessions SET token_hash = $2, expires_at = now() + $3
    WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > now()
    RETURNING id, user_id, expires_at
), spent AS (
    INSERT INTO spent_tokens (hash, session_id, expires_at) SELECT $1, id, expires_at FROM rotated
)
SELECT rotated.id AS session_id, users.id, username, email, country, role, created_at
FROM rotated JOIN users ON users.id = user_id
"""

_END = "UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL"

_END_FAMILY = """
UPDATE sessions SET ended_at = coalesce(ended_at, now())
WHERE id = (SELECT session_id FROM spent_tokens WHERE hash = $1)
RETURNING id
"""

_SWEEP_SESSIONS = """
DELETE FROM sessions
WHERE id IN (SELECT id FROM sessions WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)
"""

_SWEEP_TOKENS = """
DELETE FROM spent_tokens
WHERE hash IN (SELECT hash FROM spent_tokens WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)
"""


class SessionRepository:
    """One statement a method, each of them atomic by itself."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def account(self, email_key: str) -> Account | None:
        """Who logs in with this address."""
        row = await self._pool.fetchrow(_ACCOUNT, email_key)
        return Account(user=user_from(row), password_hash=row["password_hash"]) if row else None

    async def rehash(self, account: Account, password_hash: str) -> None:
        """Replace an account's hash, unless somebody else has."""
        await self._pool.execute(_REHASH, account.user.id, account.password_hash, password_hash)

    async def open(self, session: UUID, *, user: UUID, grant: Grant) -> None:
        await self._pool.execute(_OPEN, session, user, grant.token_hash, grant.lifetime)

    async def rotate(self, token_hash: bytes, grant: Grant) -> Opened | None:
        """Change a good refresh token for the granted one. However many try at once, one gets an answer."""
        row = await self._pool.fetchrow(_ROTATE, token_hash, grant.token_hash, grant.lifetime)
        return Opened(session=row["session_id"], user=user_from(row)) if row else None

    async def end(self, session: UUID) -> None:
        await self._pool.execute(_END, session)

    async def end_family(self, token_hash: bytes) -> UUID | None:
        """End the session in which this refresh token was used before, and name it; again if it has ended."""
        session: UUID | None = await self._pool.fetchval(_END_FAMILY, token_hash)
        return session

    async def sweep(self, at_most: int) -> None:
        """Delete up to ``at_most`` expired sessions, and as many expired tokens of those that go on."""
        await self._pool.execute(_SWEEP_SESSIONS, at_most)
        await self._pool.execute(_SWEEP_TOKENS, at_most)
