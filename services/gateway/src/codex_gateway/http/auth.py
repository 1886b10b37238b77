"""Accounts and tokens."""

from typing import Final

from fastapi import APIRouter, status

from codex_gateway.http.dependencies import TheBackends, TheGate, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.models.auth import LogIn, Refresh, Session, SignUp
from codex_gateway.translate import users
from codex_protos.authuser.v1 import auth_service_pb2 as pb

_DEADLINE: Final = 10.0  # seconds: hashing a password is slow on purpose

router = APIRouter(prefix="/api/v1/user/auth", tags=["accounts"])

_INPUT = ("invalid_request", "payload_too_large", "unsupported_media_type", "rate_limited", "dependency_unavailable")


@router.post("/signup", status_code=status.HTTP_201_CREATED, responses=failures("conflict", *_INPUT))
async def sign_up(body: SignUp, gate: TheGate, backends: TheBackends) -> Session:
    """Make an account, and be logged in."""
    await gate.sign_in()
    request = pb.SignUpRequest(
        username=body.username, email=body.email, password=body.password, country=body.country or ""
    )
    answer = await backends.auth.SignUp(request, timeout=_DEADLINE)
    return users.session(answer.user, answer.tokens)


@router.post("/login", responses=failures("unauthenticated", *_INPUT))
async def log_in(body: LogIn, gate: TheGate, backends: TheBackends) -> Session:
    """Get tokens for an e-mail address and its password."""
    await gate.sign_in()
    answer = await backends.auth.LogIn(pb.LogInRequest(email=body.email, password=body.password), timeout=_DEADLINE)
    return users.session(answer.user, answer.tokens)


@router.post("/refresh", responses=failures("unauthenticated", *_INPUT))
async def refresh(body: Refresh, gate: TheGate, backends: TheBackends) -> Session:
    """Change a refresh token for new tokens, once. Using it again ends the session, whoever does it."""
    await gate.read_public(None)
    request = pb.RefreshTokensRequest(refresh_token=body.refresh_token)
    answer = await backends.auth.RefreshTokens(request, timeout=_DEADLINE)
    return users.session(answer.user, answer.tokens)


@router.post(
    "/logout",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=failures("unauthenticated", "rate_limited", "dependency_unavailable"),
)
async def log_out(caller: TheUser, gate: TheGate, backends: TheBackends) -> None:
    """End the session; its access token stops working at once."""
    await gate.read(caller)
    await backends.auth.LogOut(pb.LogOutRequest(session_id=caller.session), timeout=_DEADLINE)
