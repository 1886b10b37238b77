"""OpenTelemetry's SDK the way we want it: who we are, what is kept, and how it leaves the process."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from codex_telemetry.attributes import (
    DEPLOYMENT_ENVIRONMENT_NAME,
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_NAMESPACE,
    SERVICE_VERSION,
)
from codex_telemetry.environment import Environment, LogQueue
from codex_telemetry.histogram import begin
from codex_telemetry.log_sender import LogSender
from codex_telemetry.measured import MetricExporter
from codex_telemetry.otlp import SpanExporter
from codex_telemetry.tracer import TracerProvider

# Seconds, and per batch with all its retries.
_EXPORT_TIMEOUT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Where spans, measurements and log records go. Both providers are the process's global ones."""

    tracer_provider: TracerProvider
    meter_provider: MeterProvider
    logs: LogSender | None = None

    def shutdown(self, timeout: float) -> bool:
        """Flush and stop within ``timeout`` seconds. Blocks. False when the collector took longer.

        The SDK's own shutdown may take half a minute when the collector hangs, so it runs in threads that the end
        of the process doesn't wait for.
        """
        deadline = time.monotonic() + timeout
        ends = [self.tracer_provider.shutdown, self.meter_provider.shutdown]
        threads = [_in_background(end) for end in (*ends, *([self.logs.close] if self.logs else []))]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)


def exporting_pipeline(resource: Resource, environment: Environment) -> Pipeline:
    """Send to a collector over OTLP/gRPC. Its endpoint is plaintext unless it begins with ``https://``."""
    endpoint = environment.endpoint
    options: dict[str, Any] = {
        "endpoint": endpoint,
        "insecure": not endpoint.startswith("https://"),
        "timeout": _EXPORT_TIMEOUT,
    }
    spans = BatchSpanProcessor(SpanExporter(**options))
    measurements = PeriodicExportingMetricReader(
        MetricExporter(**options),
        export_interval_millis=environment.metric_interval * 1000,
        export_timeout_millis=_EXPORT_TIMEOUT * 1000,
    )
    logs = _exporting_logs(resource, environment.logs, options) if environment.logs else None
    return pipeline(resource, spans, measurements, logs)


def _exporting_logs(resource: Resource, queue: LogQueue, options: dict[str, Any]) -> LogSender:
    from codex_telemetry.log_exporter import exporting_sender  # noqa: PLC0415 - few export logs

    return exporting_sender(resource, queue, **options)


def pipeline(
    resource: Resource, spans: SpanProcessor, measurements: MetricReader, logs: LogSender | None = None
) -> Pipeline:
    """Make the global providers, which can be done once in a process."""
    # The SDK's own provider is made for what it reads in OTEL_TRACES_SAMPLER, and only for that.
    roots = SdkTracerProvider(shutdown_on_exit=False).sampler
    tracer_provider = TracerProvider(resource=resource, roots=roots, processor=spans)
    meter_provider = MeterProvider(
        resource=resource,
        metric_readers=[measurements],
        shutdown_on_exit=False,
    )
    _watch_uptime(meter_provider)
    begin()
    trace.set_tracer_provider(tracer_provider)
    metrics.set_meter_provider(meter_provider)
    return Pipeline(tracer_provider=tracer_provider, meter_provider=meter_provider, logs=logs)


def _watch_uptime(provider: MeterProvider) -> None:
    """How long this process lives; besides, it is why a collection is never empty, and takes our histograms along."""
    began = time.monotonic()
    provider.get_meter("codex_telemetry").create_observable_gauge(
        "process.uptime",
        callbacks=[lambda _options: [Observation(time.monotonic() - began)]],
        unit="s",
        description="The time the process has been running",
    )


def describe(service: str, *, version: str | None, environment: str) -> Resource:
    """Who sends. What the environment says wins over the arguments; the namespace is fixed."""
    told = OTELResourceDetector().detect().attributes
    return Resource.create(
        {
            SERVICE_NAME: service,
            SERVICE_VERSION: version or _installed_version(service),
            SERVICE_INSTANCE_ID: str(uuid.uuid4()),
            DEPLOYMENT_ENVIRONMENT_NAME: environment,
            **told,
            SERVICE_NAMESPACE: "codex",
        }
    )


def _installed_version(service: str) -> str:
    try:
        return version("codex-" + service.removesuffix("-service"))
    except PackageNotFoundError:
        return "unknown"


def _in_background(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="telemetry-shutdown", daemon=True)
    thread.start()
    return thread
