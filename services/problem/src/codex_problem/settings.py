"""What the problem service can be told."""

from typing import ClassVar

from pydantic import Field

from codex_service import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment; see ``ServiceSettings``."""

    service: ClassVar[str] = "problem-service"

    grpc_address: str
    mongodb_uri: str = Field(validation_alias="MONGODB_URI")
    redis_url: str = Field(validation_alias="REDIS_URL")
    auth_user_target: str
    sweep_interval: float = Field(default=5.0, gt=0, description="Seconds between two looks for uncredited points.")
    sweep_after: float = Field(
        default=10.0, gt=0, description="Seconds after which points count as cut off by a crash."
    )
    acceptance_interval: float = Field(
        default=5.0, gt=0, description="Seconds after which replicas know what the others have counted."
    )
