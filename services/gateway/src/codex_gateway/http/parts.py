"""What the routes are given."""

from dataclasses import dataclass

from codex_gateway.backends import Backends
from codex_gateway.guard.guard import Guard
from codex_gateway.guard.limits import Limits
from codex_gateway.live.live import Live
from codex_gateway.settings import Settings
from codex_gateway.traces.store import TraceStore
from codex_service.health import Readiness
from codex_service.tokens import TokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Made once, by the composition root."""

    settings: Settings
    guard: Guard
    limits: Limits
    backends: Backends
    verifier: TokenVerifier
    traces: TraceStore
    live: Live
    readiness: Readiness
