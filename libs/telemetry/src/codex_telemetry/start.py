"""The beginning of every traced process, and which asks the environment whether to trace."""

from codex_telemetry import environment as told
from codex_telemetry.services import INSTRUMENTED
from codex_telemetry.telemetry import Telemetry

# One entry: OpenTelemetry's providers exist once in a process.
_started: dict[str, Telemetry] = {}


def setup(service: str, *, version: str | None = None, environment: str = "development") -> Telemetry:
    """Start telemetry, before anything that it patches is used. Calling it again gives the same object.

    It is off, and costs nothing, without ``OTEL_EXPORTER_OTLP_ENDPOINT`` (``host:4317`` or a URL), with
    ``OTEL_SDK_DISABLED=true``, and for services that aren't to be traced. A value in the environment that means
    nothing ends the process with status 2.

    Args:
        service: its name, unless ``OTEL_SERVICE_NAME`` gives another.
        version: by default that of the service's distribution.
        environment: ``deployment.environment.name``, unless ``OTEL_RESOURCE_ATTRIBUTES`` gives another.
    """
    if service not in _started:
        traced = service in INSTRUMENTED and told.wanted()
        _started[service] = _start(service, version, environment) if traced else Telemetry()
    return _started[service]


def _start(service: str, version: str | None, environment: str) -> Telemetry:
    # Here and not above, so that a service without tracing doesn't load the SDK.
    from codex_telemetry.sdk import describe, exporting_pipeline  # noqa: PLC0415
    from codex_telemetry.traced import trace_service  # noqa: PLC0415

    settings = told.read()
    resource = describe(service, version=version, environment=environment)
    return trace_service(service, exporting_pipeline(resource, settings), settings.kafka_links)
