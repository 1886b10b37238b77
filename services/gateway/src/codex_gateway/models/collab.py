"""Shared editing sessions."""

from codex_gateway.models.base import Answer, LanguageId, RequestBody, Slug, example


class NewCollabSession(RequestBody):
    model_config = example({"problem": "two-sum", "language": "python"})

    problem: Slug | None = None
    language: LanguageId | None = None


class CollabSession(Answer):
    """Whoever holds the invite token may join at the URL."""

    model_config = example(
        {"session_id": "0192f0c1", "invite_token": "opaque", "websocket_url": "ws://127.0.0.1:8001/ws/0192f0c1"}
    )

    session_id: str
    invite_token: str
    websocket_url: str
