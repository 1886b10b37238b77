"""What the code-manage service can be told."""

from typing import ClassVar

from pydantic import Field

from codex_service.kafka.settings import KafkaSettings


class Settings(KafkaSettings):
    """Read from the environment; see ``ServiceSettings`` and ``KafkaSettings``. Times in seconds."""

    service: ClassVar[str] = "code-manage-service"

    grpc_address: str
    redis_url: str = Field(validation_alias="REDIS_URL")
    problem_target: str
    topic_prefix: str = ""
    topic_replication: int = Field(default=1, ge=1)
    result_concurrency: int = Field(default=32, ge=1, description="Results that are handled at once.")
    reconcile_interval: float = Field(default=5.0, gt=0)
    reconcile_after: float = Field(default=30.0, gt=0, description="A submission pending for longer is produced again.")
