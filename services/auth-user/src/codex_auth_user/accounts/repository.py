"""Users in PostgreSQL."""

from typing import NoReturn
from uuid import UUID

from asyncpg import Record

from codex_auth_user.accounts.model import SignUp, Solved, User
from codex_auth_user.accounts.rules import email_key
from codex_auth_user.errors import UserNotFound
from codex_auth_user.sessions.model import Grant
from codex_service.errors import Conflict
from codex_service.postgres import Pool

_ADD = """
WITH added AS (
    INSERT INTO users (id, username, email, email_key, password_hash, country)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT DO NOTHING
    RETURNING id, username, email, country, role, created_at
), opened AS (
    INSERT INTO sessions (id, user_id, token_hash, expires_at) SELECT $7, id, $8, now() + $9 FROM added
)
SELECT * FROM added
"""

_USERNAME_TAKEN = "SELECT EXISTS (SELECT FROM users WHERE username = $1)"

_PROFILE = """
SELECT id, username, email, country, role, created_at,
    count(*) FILTER (WHERE difficulty = 'easy') AS easy,
    count(*) FILTER (WHERE difficulty = 'medium') AS medium,
    count(*) FILTER (WHERE difficulty = 'hard') AS hard
FROM users LEFT JOIN progress ON user_id = id
WHERE id = $1
GROUP BY id
"""


class UserRepository:
    """Unique names and addresses are the database's business: nobody looks first and inserts afterwards."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, user: UUID, form: SignUp, *, password_hash: str, session: UUID, grant: Grant) -> User:
        """Store a new user together with their first session.

        Raises:
            Conflict: the username or the e-mail address is taken; ``field`` says which.
        """
        row = await self._pool.fetchrow(
            _ADD,
            user,
            form.username,
            form.email,
            email_key(form.email),
            password_hash,
            form.country,
            session,
            grant.token_hash,
            grant.lifetime,
        )
        return user_from(row) if row else await self._refuse(form)

    async def _refuse(self, form: SignUp) -> NoReturn:
        # A refusal by a unique index would be an error in the trace, and its text holds the address.
        if await self._pool.fetchval(_USERNAME_TAKEN, form.username):
            raise Conflict("this username is taken", field="username")
        raise Conflict("this e-mail address has an account", field="email")

    async def with_progress(self, user: UUID) -> tuple[User, Solved]:
        """A user and what they have solved; raises UserNotFound."""
        row = await self._pool.fetchrow(_PROFILE, user)
        if row is None:
            raise UserNotFound(f"there is no user {user}")
        return user_from(row), Solved(easy=row["easy"], medium=row["medium"], hard=row["hard"])


def user_from(row: Record) -> User:
    return User(
        id=row["id"],
        username=row["username"],
        email=row["email"],
        country=row["country"],
        role=row["role"],
        created_at=row["created_at"],
    )
