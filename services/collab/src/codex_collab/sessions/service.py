"""What can be done with sessions."""

import secrets
from datetime import UTC, datetime

import structlog

from codex_collab.errors import NotInvited
from codex_collab.sessions.model import Session, hash_of
from codex_collab.sessions.repository import SessionRepository
from codex_service.errors import InvalidRequest
from codex_service.ids import uuid7

log = structlog.get_logger()


class Sessions:
    """Opens sessions and lets in who was invited."""

    def __init__(self, repository: SessionRepository) -> None:
        self._repository = repository

    async def create(self, *, owner: str, problem: str, language: str) -> tuple[Session, str]:
        """A new session and its invite token, which is shown this once.

        Raises:
            InvalidRequest: nobody is named as its owner.
        """
        if not owner:
            raise InvalidRequest("a session needs an owner", field="owner")
        invite_token = secrets.token_urlsafe(32)
        session = Session(
            id=uuid7(),
            owner=owner,
            problem=problem,
            language=language,
            invite_hash=hash_of(invite_token),
            created_at=datetime.now(UTC),
        )
        await self._repository.add(session)
        log.info("session created", session=session.id, owner=owner)
        return session, invite_token

    async def open(self, session_id: str, invite_token: str) -> Session:
        """The session that an invite token opens.

        Raises:
            SessionNotFound: it never was, or has ended.
            NotInvited: the token is not this session's.
        """
        session = await self._repository.get(session_id)
        if not session.invites(invite_token):
            raise NotInvited("the invite token is not this session's")
        return session
