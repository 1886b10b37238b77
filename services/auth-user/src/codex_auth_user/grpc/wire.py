"""What several calls translate."""

from uuid import UUID

from codex_auth_user.accounts.model import User
from codex_auth_user.errors import UserNotFound
from codex_protos.authuser.v1 import user_pb2
from codex_service.errors import InvalidRequest


def user_to_wire(user: User) -> user_pb2.User:
    message = user_pb2.User(
        id=str(user.id), username=user.username, email=user.email, country=user.country, role=user.role
    )
    message.created_at.FromDatetime(user.created_at)
    return message


def user_id(text: str) -> UUID:
    """An id as we give them; anything else is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        raise UserNotFound("there is no such user") from None


def session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest("a session's id is a UUID", field="session_id") from None
