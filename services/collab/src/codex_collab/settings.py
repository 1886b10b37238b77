"""What the service can be told."""

from typing import ClassVar

from pydantic import Field

from codex_service import ServiceSettings


class Settings(ServiceSettings):
    """Addresses are host:port; ``websocket_url`` is where browsers reach ``/ws`` of any instance."""

    service: ClassVar[str] = "collab-service"

    grpc_address: str
    http_address: str
    http_reuse_port: bool = Field(default=False, description="Whether other instances listen at the same address.")
    websocket_url: str
    redis_url: str = Field(validation_alias="REDIS_URL")
    auth_user_target: str
