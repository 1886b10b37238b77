"""What the gateway can be told."""

from typing import ClassVar

from pydantic import Field

from codex_gateway.guard.limits import Limit, Limits
from codex_service import ServiceSettings


class Settings(ServiceSettings):
    """Addresses are host:port, waits in seconds, sizes in bytes."""

    service: ClassVar[str] = "gateway-service"

    http_address: str
    http_reuse_port: bool = Field(default=False, description="Whether other instances listen at the same address.")
    auth_user_target: str
    problem_target: str
    code_manage_target: str
    collab_target: str
    redis_url: str = Field(validation_alias="REDIS_URL")
    trace_api_url: str | None = Field(
        default=None, pattern=r"^https?://", description="A store that speaks Tempo's query API; none: no spans shown."
    )

    default_wait: float = Field(default=15.0, ge=0, le=60, description="How long an answer waits for its verdict.")
    max_body: int = Field(default=262_144, ge=1_024)
    max_requests: int = Field(default=2_000, ge=1, description="Requests served at once; more are told to come again.")

    judge_per_minute: int = Field(default=120, ge=1, description="Submit, run and execute together, a user.")
    judge_burst: int = Field(default=60, ge=1)
    reads_per_minute: int = Field(default=3_000, ge=1, description="Everything else, a user; without one, an address.")
    sign_ins_per_hour: int = Field(default=600, ge=1, description="Sign-up and login together, an address.")

    live_streams: int = Field(default=1_000, ge=1, description="Streams of live events open at once.")
    live_streams_per_user: int = Field(default=20, ge=1)
    live_heartbeat: float = Field(default=15.0, gt=0, description="Silence after which a stream shows that it lives.")
    live_lifetime: float = Field(default=600.0, gt=0, description="After this a stream ends, and its client resumes.")
    live_patience: float = Field(default=10.0, gt=0, description="How long a client may take to read what is sent.")
    live_buffer: int = Field(default=256, ge=64, description="Events that may wait for a client to read.")

    cors_origins: str = Field(default="", description="Origins of other sites' pages that may call, comma separated.")
    trusted_proxies: str = Field(default="", description="Addresses whose X-Forwarded-* count, comma separated.")

    @property
    def limits(self) -> Limits:
        return Limits(
            judge=Limit(name="judge", count=self.judge_per_minute, period=60, burst=self.judge_burst),
            read=Limit(name="read", count=self.reads_per_minute, period=60, burst=self.reads_per_minute),
            sign_in=Limit(name="sign-in", count=self.sign_ins_per_hour, period=3_600, burst=self.sign_ins_per_hour),
        )
