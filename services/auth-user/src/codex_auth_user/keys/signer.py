"""Access tokens: JWTs signed with Ed25519, as ``codex_service.tokens`` verifies them."""

import base64
import hashlib
import json
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codex_auth_user.accounts.model import User
from codex_service.tokens import ALGORITHM, ISSUER


class Signer:
    """Signs access tokens that live ``lifetime`` seconds."""

    def __init__(self, key: Ed25519PrivateKey, *, lifetime: int) -> None:
        self._key = key
        self.lifetime = lifetime
        self.public_key = key.public_key().public_bytes_raw()
        self.kid = _thumbprint(self.public_key)

    def access_token(self, user: User, *, session: UUID, issued_at: int) -> str:
        """A token for a session of ``user``; ``issued_at`` in seconds since the epoch."""
        claims = {
            "iss": ISSUER,
            "sub": str(user.id),
            "sid": str(session),
            "iat": issued_at,
            "exp": issued_at + self.lifetime,
            "username": user.username,
            "role": user.role,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})


def _thumbprint(public_key: bytes) -> str:
    """The JWK thumbprint of an Ed25519 key (RFC 7638, RFC 8037): the same key has the same name everywhere."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public_key)}
    canonical = json.dumps(jwk, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
