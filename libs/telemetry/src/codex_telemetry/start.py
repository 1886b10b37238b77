"""The beginning of every traced process, and which asks the environment whether to trace."""

import os

from codex_telemetry.services import INSTRUMENTED
from codex_telemetry.telemetry import KafkaLinks, Telemetry

# One entry: OpenTelemetry's providers exist once in a process.
_started: dict[str, Telemetry] = {}


def setup(
    service: str,
    *,
    version: str | None = None,
    environment: str = "development",
    kafka_links: KafkaLinks = "parent_and_link",
) -> Telemetry:
    """Start telemetry, before anything that it patches is used. Calling it again gives the same object.

    It is off, and costs nothing, without ``OTEL_EXPORTER_OTLP_ENDPOINT`` (``host:4317`` or a URL), with
    ``OTEL_SDK_DISABLED=true``, and for services that aren't to be traced.

    Args:
        service: its name, unless ``OTEL_SERVICE_NAME`` gives another.
        version: by default that of the service's distribution.
        environment: ``deployment.environment.name``, unless ``OTEL_RESOURCE_ATTRIBUTES`` gives another.
        kafka_links: whether handling a record is a child of its sending and linked to it, or only linked.
    """
    if service not in _started:
        _started[service] = _start(service, version, environment, kafka_links) if _wanted(service) else Telemetry()
    return _started[service]


def _wanted(service: str) -> bool:
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return bool(_endpoint()) and not disabled and service in INSTRUMENTED


def _endpoint() -> str:
    return os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()


def _start(service: str, version: str | None, environment: str, kafka_links: KafkaLinks) -> Telemetry:
    # Here and not above, so that a service without tracing doesn't load the SDK.
    from codex_telemetry.sdk import describe, exporting_pipeline  # noqa: PLC0415
    from codex_telemetry.traced import trace_service  # noqa: PLC0415

    resource = describe(service, version=version, environment=environment)
    return trace_service(service, exporting_pipeline(resource, _endpoint()), kafka_links)
