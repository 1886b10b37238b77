"""AuthService."""

from google.protobuf.duration_pb2 import Duration

from codex_auth_user.accounts.model import Credentials, SignUp
from codex_auth_user.accounts.service import Accounts
from codex_auth_user.grpc.wire import session_id, user_to_wire
from codex_auth_user.keys.signer import Signer
from codex_auth_user.sessions.model import SignedIn
from codex_auth_user.sessions.service import Sessions
from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1 import auth_service_pb2_grpc as rpc
from codex_service.grpc.server import Context


class AuthServicer(rpc.AuthServiceServicer):
    def __init__(self, *, accounts: Accounts, sessions: Sessions, signer: Signer) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._signer = signer

    async def SignUp(self, request: pb.SignUpRequest, context: Context) -> pb.SignUpResponse:
        form = SignUp(
            username=request.username, email=request.email, password=request.password, country=request.country
        )
        signed_in = await self._accounts.sign_up(form)
        return pb.SignUpResponse(user=user_to_wire(signed_in.user), tokens=_tokens(signed_in))

    async def LogIn(self, request: pb.LogInRequest, context: Context) -> pb.LogInResponse:
        signed_in = await self._sessions.log_in(Credentials(email=request.email, password=request.password))
        return pb.LogInResponse(user=user_to_wire(signed_in.user), tokens=_tokens(signed_in))

    async def RefreshTokens(self, request: pb.RefreshTokensRequest, context: Context) -> pb.RefreshTokensResponse:
        signed_in = await self._sessions.refresh(request.refresh_token)
        return pb.RefreshTokensResponse(user=user_to_wire(signed_in.user), tokens=_tokens(signed_in))

    async def LogOut(self, request: pb.LogOutRequest, context: Context) -> pb.LogOutResponse:
        await self._sessions.log_out(session_id(request.session_id))
        return pb.LogOutResponse()

    async def GetSigningKeys(self, request: pb.GetSigningKeysRequest, context: Context) -> pb.GetSigningKeysResponse:
        return pb.GetSigningKeysResponse(keys=[pb.SigningKey(kid=self._signer.kid, public_key=self._signer.public_key)])


def _tokens(signed_in: SignedIn) -> pb.Tokens:
    return pb.Tokens(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_in=Duration(seconds=signed_in.expires_in),
    )
