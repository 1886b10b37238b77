"""The code-execution service: judges code in sandboxes."""

from codex_telemetry import setup

telemetry = setup("code-execution-service")

from codex_code_execution.app import build  # noqa: E402 (instrumentation comes before the libraries that it patches)
from codex_code_execution.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402

if __name__ == "__main__":
    run(build, Settings, telemetry)
