"""Access tokens, as the two services at the edge verify them: EdDSA JWTs, public keys fetched by ``kid`` and kept."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_service.errors import Unauthenticated
from codex_service.grpc.deadline import time_left

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub

ALGORITHM = "EdDSA"
ISSUER = "codex"
_REMEMBERED = 4096  # tokens
_REFETCH_PAUSE = 5.0  # seconds: a flood of unknown kids must not become a flood of calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who holds a valid access token. ``expires_at`` in seconds since the epoch."""

    user: str
    session: str
    username: str
    role: str
    expires_at: int


class TokenVerifier:
    """Verifies access tokens. Whether a session was revoked is asked elsewhere, with the rate limit."""

    def __init__(self, auth: "AuthServiceAsyncStub") -> None:
        self._auth = auth
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._proven: dict[str, Identity] = {}
        self._fetched_at = -_REFETCH_PAUSE

    async def verify(self, token: str) -> Identity:
        """The identity that a token proves; raises Unauthenticated for one that is malformed, forged or too old.

        A signature that was good stays good, so only the time is looked at again.
        """
        known = self._proven.get(token)
        if known is None:
            known = await self._prove(token)
            self._remember(token, known)
        elif known.expires_at <= time.time():
            raise Unauthenticated("the access token has expired")
        return known

    def _remember(self, token: str, identity: Identity) -> None:
        while len(self._proven) >= _REMEMBERED:
            del self._proven[next(iter(self._proven))]
        self._proven[token] = identity

    async def _prove(self, token: str) -> Identity:
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": ["exp", "sub", "sid"]}
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the access token has expired") from None
        except jwt.InvalidTokenError:
            raise Unauthenticated("the access token is not valid") from None
        return Identity(
            user=claims["sub"],
            session=claims["sid"],
            username=claims.get("username", ""),
            role=claims.get("role", "user"),
            expires_at=claims["exp"],
        )

    async def _key(self, kid: str) -> Ed25519PublicKey:
        if kid not in self._keys and time.monotonic() - self._fetched_at >= _REFETCH_PAUSE:
            await self.fetch()
        if kid not in self._keys:
            raise Unauthenticated("the access token is not valid")
        return self._keys[kid]

    async def prepare(self) -> None:
        """Have keys, so that no request need wait for them; raises what the call raises."""
        if not self._keys:
            await self.fetch()

    async def fetch(self) -> None:
        """Get the keys; raises what the call raises."""
        answer = await self._auth.GetSigningKeys(pb.GetSigningKeysRequest(), timeout=time_left(5.0))
        self._keys = {key.kid: Ed25519PublicKey.from_public_bytes(key.public_key) for key in answer.keys}
        self._fetched_at = time.monotonic()
