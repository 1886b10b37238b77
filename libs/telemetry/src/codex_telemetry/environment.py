"""What the environment says about telemetry; ``setup`` asks it once.

Our own choice is named like OpenTelemetry's, because a service refuses variables of ``CODEX_`` that its settings lack.
"""

import os
import sys
from dataclasses import dataclass
from typing import NoReturn, cast

from codex_telemetry.telemetry import KafkaLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQueue:
    """How many records may wait, and for how long (seconds) one waits for others."""

    room: int
    pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where telemetry goes and how. ``logs`` is None when they stay on stdout alone. Times in seconds."""

    endpoint: str
    metric_interval: float
    logs: LogQueue | None
    kafka_links: KafkaLinks


def wanted() -> bool:
    """Whether the environment turns telemetry on."""
    return bool(_read("OTEL_EXPORTER_OTLP_ENDPOINT")) and _read("OTEL_SDK_DISABLED").lower() != "true"


def read() -> Environment:
    """The rest of it. A value that means nothing ends the process with status 2, as wrong settings do."""
    return Environment(
        endpoint=_read("OTEL_EXPORTER_OTLP_ENDPOINT"),
        metric_interval=_milliseconds("OTEL_METRIC_EXPORT_INTERVAL", 10_000),
        logs=_log_queue() if _choice("OTEL_LOGS_EXPORTER", "none", "otlp") == "otlp" else None,
        kafka_links=cast("KafkaLinks", _choice("OTEL_CODEX_KAFKA_LINKS", "parent_and_link", "link_only")),
    )


def _log_queue() -> LogQueue:
    return LogQueue(
        room=_number("OTEL_BLRP_MAX_QUEUE_SIZE", 2_048), pause=_milliseconds("OTEL_BLRP_SCHEDULE_DELAY", 1_000)
    )


def _choice(name: str, default: str, *others: str) -> str:
    value = _read(name).lower() or default
    return value if value in (default, *others) else _refuse(name, value, f"one of {', '.join((default, *others))}")


def _milliseconds(name: str, default: int) -> float:
    return _number(name, default) / 1000


def _number(name: str, default: int) -> int:
    value = _read(name) or str(default)
    return int(value) if value.isdecimal() and int(value) else _refuse(name, value, "a whole number above 0")


def _refuse(name: str, value: str, allowed: str) -> NoReturn:
    sys.stderr.write(f"cannot start, settings are wrong:\n  {name}: {value!r} is not {allowed}\n")
    raise SystemExit(2)


def _read(name: str) -> str:
    return os.environ.get(name, "").strip()
