"""Shared editing sessions."""

from fastapi import APIRouter, status

from codex_gateway.backends import DEADLINE
from codex_gateway.http.dependencies import TheBackends, TheGate, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.models.collab import CollabSession, NewCollabSession
from codex_protos.collab.v1 import collab_service_pb2 as pb

router = APIRouter(prefix="/api/v1/user/collab", tags=["collaboration"])


@router.post(
    "/sessions",
    status_code=status.HTTP_201_CREATED,
    responses=failures(
        "unauthenticated",
        "invalid_request",
        "payload_too_large",
        "unsupported_media_type",
        "rate_limited",
        "dependency_unavailable",
    ),
)
async def new_session(
    caller: TheUser, gate: TheGate, backends: TheBackends, body: NewCollabSession | None = None
) -> CollabSession:
    """Open a session and get the token that invites others. The body may be left out."""
    await gate.read(caller)
    wish = body or NewCollabSession()
    request = pb.CreateSessionRequest(owner=caller.user, problem=wish.problem or "", language=wish.language or "")
    answer = await backends.collab.CreateSession(request, timeout=DEADLINE)
    return CollabSession(
        session_id=answer.session_id, invite_token=answer.invite_token, websocket_url=answer.websocket_url
    )
