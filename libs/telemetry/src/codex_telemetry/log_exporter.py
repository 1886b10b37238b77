"""The SDK's log exporter with our encoder, as in otlp.py. Loaded only where logs are exported."""

from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource

from codex_telemetry.environment import LogQueue
from codex_telemetry.log_sender import LogSender
from codex_telemetry.log_wire import LogRecord, encode_request
from codex_telemetry.otlp import RawStub

_EXPORT: Final = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


class _LogExporter(OTLPLogExporter):
    """OTLP over gRPC, given bytes where the SDK's exporter has messages."""

    def __init__(self, resource: Resource, **options: Any) -> None:
        self._resource = resource
        super().__init__(**options)

    def send(self, records: Sequence[LogRecord]) -> bool:
        return self.export(records) is LogRecordExportResult.SUCCESS  # type: ignore[arg-type] # what we translate

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call] # so it is in the SDK
        channel: Any = self._channel
        self._client: Any = RawStub(channel.unary_unary(_EXPORT))

    def _translate_data(self, data: Sequence[LogRecord]) -> bytes:  # type: ignore[override] # what RawStub sends
        return encode_request(self._resource, data)


def exporting_sender(resource: Resource, queue: LogQueue, **options: Any) -> LogSender:
    """A sender to the collector that ``options`` (those of the SDK's exporter) name."""
    sender = LogSender(_LogExporter(resource, **options).send, room=queue.room, pause=queue.pause)
    metrics.get_meter("codex_telemetry").create_observable_counter(
        "codex.log.lost",
        callbacks=[lambda _options: [Observation(sender.lost)]],
        unit="{record}",
        description="Log records that never reached the collector",
    )
    return sender
