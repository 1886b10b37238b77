"""CollabService on the wire."""

from codex_collab.sessions.service import Sessions
from codex_protos.collab.v1 import collab_service_pb2 as pb
from codex_protos.collab.v1.collab_service_pb2_grpc import CollabServiceServicer
from codex_service.grpc.server import Context


class CollabServicer(CollabServiceServicer):
    """Answers with addresses below ``websocket_url``."""

    def __init__(self, sessions: Sessions, websocket_url: str) -> None:
        self._sessions = sessions
        self._websocket_url = websocket_url.rstrip("/")

    async def CreateSession(
        self,
        request: pb.CreateSessionRequest,
        context: Context,
    ) -> pb.CreateSessionResponse:
        session, invite_token = await self._sessions.create(
            owner=request.owner, problem=request.problem, language=request.language
        )
        return pb.CreateSessionResponse(
            session_id=session.id, invite_token=invite_token, websocket_url=f"{self._websocket_url}/{session.id}"
        )
