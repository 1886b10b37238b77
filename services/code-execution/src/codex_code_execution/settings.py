"""What the code-execution service can be told."""

import os
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from codex_service.kafka.settings import KafkaSettings


class Settings(KafkaSettings):
    """Read from the environment; see ``ServiceSettings`` and ``KafkaSettings``."""

    service: ClassVar[str] = "code-execution-service"

    grpc_address: str
    redis_url: str = Field(validation_alias="REDIS_URL")
    problem_target: str
    topic_prefix: str = ""
    runner_path: Path | None = Field(default=None, description="The built runner, where slots are processes.")
    slot_sockets: Path | None = Field(
        default=None, description="A folder whose every *.sock is a slot's, where slots are containers."
    )
    work_dir: Path = Field(description="Where suites and compiled programs are cached.")
    slots: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="Programs judged at once.")
    python: Path | None = Field(default=None, description="The judged Python; None: the first that a slot may read.")
    cgroup: Path | None = Field(
        default=None,
        description="Slots' cgroups go below this (v2, or v1's memory); None: the service's own, if delegated.",
    )

    @model_validator(mode="after")
    def _one_kind_of_slots(self) -> Self:
        if (self.runner_path is None) == (self.slot_sockets is None):
            raise ValueError("give one of CODEX_RUNNER_PATH and CODEX_SLOT_SOCKETS, and not both")
        return self
