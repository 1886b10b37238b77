"""Starts the service. It has no telemetry line, on purpose: nothing of OpenTelemetry lives in this process."""

import sys

# redis-py loads the OpenTelemetry SDK wherever it finds it, for metrics that nobody asks for: it shall not find it.
sys.modules["opentelemetry"] = None  # type: ignore[assignment]  # Python's way to say: this can't be imported

from codex_collab.app import build  # noqa: E402
from codex_collab.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402 (the line above must come before redis-py)

if __name__ == "__main__":
    run(build, Settings)
