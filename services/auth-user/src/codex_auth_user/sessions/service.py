"""What can be done with sessions, and what it means."""

from uuid import UUID

import structlog

from codex_auth_user.accounts.model import Credentials
from codex_auth_user.accounts.passwords import Passwords
from codex_auth_user.accounts.rules import email_key
from codex_auth_user.errors import SessionOver, WrongCredentials
from codex_auth_user.sessions.issuer import Issuer
from codex_auth_user.sessions.model import Account, SignedIn, token_hash
from codex_auth_user.sessions.repository import SessionRepository
from codex_auth_user.sessions.revocations import Revocations
from codex_auth_user.sessions.throttle import Throttle
from codex_service.ids import uuid7

log = structlog.get_logger()

_BATCH = 500


class Sessions:
    """Login, rotation and logout. Ending a session is written to PostgreSQL first: nothing new comes out of it then."""

    def __init__(
        self,
        repository: SessionRepository,
        *,
        passwords: Passwords,
        issuer: Issuer,
        throttle: Throttle,
        revocations: Revocations,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._issuer = issuer
        self._throttle = throttle
        self._revocations = revocations

    async def log_in(self, credentials: Credentials) -> SignedIn:
        """Open a session for whoever knows the password.

        Raises:
            WrongCredentials: no such address, or not its password.
            RateLimited: too many wrong passwords for this address.
            Overloaded: too many logins at once.
        """
        key = email_key(credentials.email)
        account = await self._repository.account(key)
        stored = account.password_hash if account else None
        right = await self._passwords.matches(credentials.password, stored)
        await self._throttle.count(key, right=right)
        if account is None or not right:
            raise WrongCredentials
        await self._keep_up_to_date(account, credentials.password)
        return await self._open(account)

    async def _keep_up_to_date(self, account: Account, password: str) -> None:
        if self._passwords.outdated(account.password_hash):
            await self._repository.rehash(account, await self._passwords.hash(password))
            log.info("password hashed anew", user=str(account.user.id))

    async def _open(self, account: Account) -> SignedIn:
        session, grant = UUID(uuid7()), self._issuer.grant()
        await self._repository.open(session, user=account.user.id, grant=grant)
        log.info("logged in", user=str(account.user.id), session=str(session))
        return self._issuer.hand_out(grant, session=session, user=account.user)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Change a refresh token for a new pair.

        A token is good once. Whoever shows it again may be a thief, or a client whose answer was lost: we can't
        tell, so the session ends for both, and its access tokens with it.

        Raises:
            SessionOver: the token is not good, or not any more.
        """
        grant, shown = self._issuer.grant(), token_hash(refresh_token)
        opened = await self._repository.rotate(shown, grant)
        if opened is None:
            await self._end_family(shown)
            raise SessionOver
        return self._issuer.hand_out(grant, session=opened.session, user=opened.user)

    async def _end_family(self, shown: bytes) -> None:
        session = await self._repository.end_family(shown)
        if session:
            log.warning("refresh token used again, session ended", session=str(session))
            await self._revocations.revoke(session)

    async def log_out(self, session: UUID) -> None:
        """End a session and revoke its access tokens. Repeating it repairs one that failed half-way."""
        await self._repository.end(session)
        await self._revocations.revoke(session)
        log.info("logged out", session=str(session))

    async def sweep(self) -> None:
        """Delete a batch of what has expired."""
        await self._repository.sweep(_BATCH)
