"""What every service shares and no library gives: settings, life cycle, gRPC, Kafka, stores, errors, health."""

from codex_service.lifecycle import Server, Service, run
from codex_service.settings import ServiceSettings
from codex_service.telemetry import UNTRACED, Telemetry

__all__ = ["UNTRACED", "Server", "Service", "ServiceSettings", "Telemetry", "run"]
