"""The code-manage service: execution requests in, results out."""

from codex_telemetry import setup

telemetry = setup("code-manage-service")

from codex_code_manage.app import build  # noqa: E402 (instrumentation comes before the libraries that it patches)
from codex_code_manage.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402

if __name__ == "__main__":
    run(build, Settings, telemetry)
