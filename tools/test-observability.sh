#!/bin/sh
# The shipped telemetry configuration with the real programs: they are built first, once, for some minutes.
cd "$(dirname "$0")/.." || exit 1
.venv/bin/python -m tests.observability.obtain || exit 1
exec .venv/bin/python -m pytest tests/observability "$@"
