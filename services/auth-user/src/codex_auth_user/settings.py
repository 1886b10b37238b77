"""What the auth-user service can be told."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from codex_auth_user.keys.files import KEY_FILE
from codex_service import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment; see ``ServiceSettings``.

    The cost of a password is the minimum that OWASP's Password Storage Cheat Sheet gives for argon2id: 19 MiB, two
    passes, one lane. A stored password of another cost is hashed anew when its owner logs in.
    """

    service: ClassVar[str] = "auth-user-service"

    grpc_address: str
    database_url: str = Field(validation_alias="DATABASE_URL")
    redis_url: str = Field(validation_alias="REDIS_URL")
    problem_target: str
    secrets_dir: Path = Field(description="The folder of the signing key; it is made there, except in production.")

    access_token_ttl: int = Field(default=900, gt=0, description="Seconds.")
    refresh_token_ttl: int = Field(default=30 * 24 * 3600, gt=0, description="Seconds, anew at every use.")
    login_failures: int = Field(default=10, gt=0, description="Wrong passwords for one e-mail address in a window.")
    login_window: float = Field(default=900.0, gt=0, description="Seconds, from the first wrong password.")
    sweep_interval: float = Field(default=600.0, gt=0, description="Seconds between two removals of expired sessions.")

    argon2_memory: int = Field(default=19 * 1024, ge=64, le=1 << 21, description="KiB a hash.")
    argon2_passes: int = Field(default=2, ge=1, le=100)
    argon2_lanes: int = Field(default=1, ge=1, le=8)
    argon2_concurrency: int = Field(default=2, ge=1, le=64, description="Hashes at once: a core and the memory each.")
    argon2_patience: float = Field(default=3.0, gt=0, description="Seconds to wait for a turn.")

    @field_validator("secrets_dir")
    @classmethod
    def _production_brings_its_key(cls, folder: Path, info: Any) -> Path:
        if info.data.get("environment") == "production" and not (folder / KEY_FILE).is_file():
            raise ValueError(f"production brings its own signing key, and there is no {KEY_FILE} in {folder}")
        return folder
