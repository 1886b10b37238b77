"""The problem service: problems, submissions, points and leaderboards."""

from codex_telemetry import setup

telemetry = setup("problem-service")

from codex_problem.app import build  # noqa: E402 (instrumentation comes before the libraries that it patches)
from codex_problem.settings import Settings  # noqa: E402
from codex_service import run  # noqa: E402

if __name__ == "__main__":
    run(build, Settings, telemetry)
