"""A shared editing session, as it is remembered."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody's invitation to edit together. ``problem`` and ``language`` may be empty.

    Of the invite token only the SHA-256 is kept: whoever reads the store still can't join.
    """

    id: str
    owner: str
    problem: str
    language: str
    invite_hash: str
    created_at: datetime

    def invites(self, invite_token: str) -> bool:
        """Whether this is the session's invite token."""
        return hmac.compare_digest(self.invite_hash, hash_of(invite_token))


def hash_of(invite_token: str) -> str:
    """What is kept of an invite token."""
    return hashlib.sha256(invite_token.encode()).hexdigest()
