"""Users, sessions, profiles."""

from datetime import UTC

from codex_gateway.models.auth import Profile, Session, Solved, User
from codex_protos.authuser.v1 import auth_service_pb2 as auth
from codex_protos.authuser.v1 import user_pb2, user_service_pb2


def user(message: user_pb2.User) -> User:
    return User(
        id=message.id,
        username=message.username,
        email=message.email,
        country=message.country or None,
        role=message.role,
        created_at=message.created_at.ToDatetime(tzinfo=UTC),
    )


def session(owner: user_pb2.User, tokens: auth.Tokens) -> Session:
    return Session(
        user=user(owner),
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=tokens.expires_in.ToTimedelta().total_seconds(),
    )


def profile(message: user_service_pb2.GetProfileResponse) -> Profile:
    solved = Solved(easy=message.solved.easy, medium=message.solved.medium, hard=message.solved.hard)
    return Profile(**dict(user(message.user)), solved=solved, submissions=message.submissions)
