"""Makes pairs of tokens: an opaque one to keep, a signed one to show."""

import secrets
import time
from datetime import timedelta
from uuid import UUID

from codex_auth_user.accounts.model import User
from codex_auth_user.keys.signer import Signer
from codex_auth_user.sessions.model import Grant, SignedIn

_ENTROPY = 32  # bytes


class Issuer:
    """Grants refresh tokens that live ``refresh_ttl``, and access tokens that live as long as the signer says."""

    def __init__(self, signer: Signer, *, refresh_ttl: timedelta) -> None:
        self._signer = signer
        self._refresh_ttl = refresh_ttl

    def grant(self) -> Grant:
        """A new pair, to be stored first and handed out afterwards."""
        return Grant(
            refresh_token=secrets.token_urlsafe(_ENTROPY), lifetime=self._refresh_ttl, issued_at=int(time.time())
        )

    def hand_out(self, grant: Grant, *, session: UUID, user: User) -> SignedIn:
        """The tokens of a grant that is stored."""
        return SignedIn(
            user=user,
            access_token=self._signer.access_token(user, session=session, issued_at=grant.issued_at),
            refresh_token=grant.refresh_token,
            expires_in=self._signer.lifetime,
        )
