"""Everything OpenTelemetry: set-up, spans over gRPC and Kafka, logs, metrics, shutdown."""

from codex_telemetry.spans import carrier, linked_root, quiet, resume, span, trace_id
from codex_telemetry.start import setup
from codex_telemetry.telemetry import Telemetry

__all__ = ["Telemetry", "carrier", "linked_root", "quiet", "resume", "setup", "span", "trace_id"]
