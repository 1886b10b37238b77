"""What the code-execution service can be told."""

import os
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from codex_service import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment; see ``ServiceSettings``."""

    service: ClassVar[str] = "code-execution-service"

    grpc_address: str
    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    redis_url: str = Field(validation_alias="REDIS_URL")
    problem_target: str
    topic_prefix: str = ""
    runner_path: Path
    work_dir: Path = Field(description="Where suites and compiled programs are cached.")
    slots: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="Programs judged at once.")
    python: Path | None = Field(default=None, description="The judged Python; None: the first that a slot may read.")
    cgroup: Path | None = Field(
        default=None,
        description="Slots' cgroups go below this (v2, or v1's memory); None: the service's own, if delegated.",
    )
