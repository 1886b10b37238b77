"""What can be done with accounts, and what it means."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from codex_auth_user.accounts.model import Profile, SignUp
from codex_auth_user.accounts.passwords import Passwords
from codex_auth_user.accounts.repository import UserRepository
from codex_auth_user.sessions.issuer import Issuer
from codex_auth_user.sessions.model import SignedIn
from codex_service.ids import uuid7

log = structlog.get_logger()

CountSubmissions = Callable[[UUID], Awaitable[int]]
"""How many submissions a user has made; raises DependencyUnavailable when nobody can say."""


class Accounts:
    """Signing up, and what somebody sees of themselves."""

    def __init__(
        self,
        repository: UserRepository,
        *,
        passwords: Passwords,
        issuer: Issuer,
        count_submissions: CountSubmissions,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._issuer = issuer
        self._count_submissions = count_submissions

    async def sign_up(self, form: SignUp) -> SignedIn:
        """Make an account and open its first session.

        Raises:
            Conflict: the username or the e-mail address is taken; ``field`` says which.
            Overloaded: too many sign-ups at once.
        """
        password_hash = await self._passwords.hash(form.password)
        session, grant = UUID(uuid7()), self._issuer.grant()
        user = await self._repository.add(
            UUID(uuid7()), form, password_hash=password_hash, session=session, grant=grant
        )
        log.info("signed up", user=str(user.id), session=str(session))
        return self._issuer.hand_out(grant, session=session, user=user)

    async def profile(self, user: UUID) -> Profile:
        """What is known of a user.

        Raises:
            UserNotFound: nobody has this id.
            DependencyUnavailable: the submissions can't be counted now.
        """
        known, solved = await self._repository.with_progress(user)
        return Profile(user=known, solved=solved, submissions=await self._count_submissions(known.id))
