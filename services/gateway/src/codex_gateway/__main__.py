"""The process of the gateway."""

from codex_telemetry import setup

telemetry = setup("gateway-service")

from codex_gateway.app import build  # noqa: E402
from codex_gateway.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402  (instrumentation must come before the libraries it patches)

if __name__ == "__main__":
    run(build, Settings, telemetry)
