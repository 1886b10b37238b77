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
    author_share: int = Field(
        default=32, ge=1, description="Jobs of one author that may be in the front topic; more go to the overflow's."
    )
    longest_wait: float = Field(
        default=300.0, gt=0, description="A job that would wait longer for a worker is refused (503)."
    )
    reconcile_interval: float = Field(default=5.0, gt=0)
    reconcile_after: float = Field(
        default=30.0, gt=0, description="A submission that is pending for longer, and in no queue, is produced again."
    )
    reconcile_at_latest: float = Field(
        default=900.0, gt=0, description="One that is pending for longer is produced again wherever it is."
    )
    reconcile_productions: int = Field(default=5, ge=1, description="One that was produced so often is failed (SE).")
