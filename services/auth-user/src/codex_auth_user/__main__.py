"""The auth-user service: accounts, sessions, signing keys and progress."""

from codex_telemetry import setup

telemetry = setup("auth-user-service")

from codex_auth_user.app import build  # noqa: E402 (instrumentation comes before the libraries that it patches)
from codex_auth_user.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402

if __name__ == "__main__":
    run(build, Settings, telemetry)
